#include "operator/status/agent_answer.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

using nlohmann::json;

constexpr std::int64_t kClockMax = 4'102'444'800'000;  // the year 2100: nanoseconds of it fit
constexpr std::int64_t kSpanMax = kClockMax;
constexpr std::size_t kTransitionsMax = 32;  // of a router; an agent tells of half as many
constexpr std::size_t kChecksMax = 256;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return {};
  return printable(found->is_string() ? found->get<std::string>() : found->dump());
}

std::vector<std::string> texts_of(const json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return texts;
  for (const auto& item : *found) {
    if (item.is_string()) texts.push_back(printable(item.get<std::string>()));
  }
  return texts;
}

std::int64_t number_of(const json& object, const char* key, std::int64_t fallback = 0) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : fallback;
}

std::optional<bool> flag_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_boolean()) return std::nullopt;
  return found->get<bool>();
}

std::chrono::milliseconds span_of(const json& object, const char* key) {
  return std::chrono::milliseconds(std::clamp<std::int64_t>(number_of(object, key), 0, kSpanMax));
}

// The list of that name, or an empty one.
const json& list_of(const json& object, const char* key) {
  static const json kNone = json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

// Those that make sense; the last ones, when they are many.
std::vector<TransitionReport> transitions_of(const json& object) {
  const auto& list = list_of(object, "transitions");
  std::vector<TransitionReport> transitions;
  for (auto i = list.size() - std::min(list.size(), kTransitionsMax); i < list.size(); ++i) {
    const auto& item = list[i];
    if (!item.is_object()) continue;
    const auto at = number_of(item, "at_ms");
    if (at <= 0 || at >= kClockMax) continue;
    const bool tells_silence = item.contains("silence_ms") && item["silence_ms"].is_number_integer();
    transitions.push_back(
        {.at = WallTime(std::chrono::milliseconds(at)),
         .from = text_of(item, "from"),
         .to = text_of(item, "to"),
         .cause = text_of(item, "cause"),
         .peer = text_of(item, "peer"),
         .reason = text_of(item, "reason"),
         .after = span_of(item, "after_ms"),
         .silence = tells_silence ? std::optional(span_of(item, "silence_ms")) : std::nullopt});
  }
  return transitions;
}

std::vector<CheckReport> checks_of(const json& agent) {
  std::vector<CheckReport> checks;
  for (const auto& item : list_of(agent, "checks")) {
    if (!item.is_object() || checks.size() >= kChecksMax) continue;
    checks.push_back(
        {.name = text_of(item, "name"), .result = text_of(item, "result"), .why = text_of(item, "why")});
  }
  return checks;
}

RouterReport router_of(const json& object) {
  return {.vrid = text_of(object, "vrid"),
          .family = text_of(object, "family"),
          .interface = text_of(object, "interface"),
          .state = text_of(object, "state"),
          .since = text_of(object, "since"),
          .priority = text_of(object, "priority"),
          .addresses = texts_of(object, "addresses"),
          .reason = text_of(object, "reason"),
          .trouble = text_of(object, "trouble"),
          .document = object.dump(-1, ' ', false, json::error_handler_t::replace),
          .active = text_of(object, "active"),
          .source = text_of(object, "source"),
          .network = text_of(object, "network"),
          .cause = text_of(object, "cause"),
          .peers = texts_of(object, "peers"),
          .preempt = flag_of(object, "preempt"),
          .preempt_delay = std::chrono::milliseconds(number_of(object, "preempt_delay_ms")),
          .interval = std::chrono::milliseconds(number_of(object, "advert_interval_ms")),
          .version = static_cast<int>(number_of(object, "version", 3)),
          .transitions = transitions_of(object)};
}

}  // namespace

Status read_answer(std::string_view document, std::string_view group, NodeReport& report) {
  constexpr const char* kNotAStatus = "the answer is not a status document";
  const json answer = json::parse(document, nullptr, /*allow_exceptions=*/false);
  if (!answer.is_object() || !answer.contains("routers") || !answer["routers"].is_array())
    return fail(Errc::invalid, kNotAStatus);
  std::vector<RouterReport> routers;
  for (const auto& router : answer["routers"]) {
    if (!router.is_object()) return fail(Errc::invalid, kNotAStatus);
    if (router.value("group", json()) != json(group))
      return fail(Errc::invalid, "an agent of another group answers");
    routers.push_back(router_of(router));
  }
  report.word = routers.empty() ? AgentWord::stands_by : AgentWord::reports;
  report.routers = std::move(routers);
  report.reason.clear();
  const auto agent = answer.find("agent");
  if (agent != answer.end() && agent->is_object()) {
    const auto clock = number_of(*agent, "clock_ms");
    if (clock > 0 && clock < kClockMax) report.now_at = WallTime(std::chrono::milliseconds(clock));
    report.generation =
        static_cast<std::uint64_t>(std::max<std::int64_t>(0, number_of(*agent, "generation")));
    report.checks = checks_of(*agent);
  }
  if (report.word == AgentWord::reports) return {};
  if (agent != answer.end() && agent->is_object()) report.reason = text_of(*agent, "waits");
  if (report.reason.empty()) report.reason = "its plan does not list this node";
  return {};
}

}  // namespace vip::swarm

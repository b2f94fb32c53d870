#include "operator/status/agent_answer.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/text.h"

namespace vip::swarm {
namespace {

using nlohmann::json;

constexpr std::int64_t kClockMax = 4'102'444'800'000;  // the year 2100: nanoseconds of it fit

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
          .version = static_cast<int>(number_of(object, "version", 3))};
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
  }
  if (report.word == AgentWord::reports) return {};
  if (agent != answer.end() && agent->is_object()) report.reason = text_of(*agent, "waits");
  if (report.reason.empty()) report.reason = "its plan does not list this node";
  return {};
}

}  // namespace vip::swarm

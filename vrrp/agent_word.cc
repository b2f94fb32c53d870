#include "vrrp/agent_word.h"

#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "vrrp/sys/local_socket.h"

namespace vip::vrrp {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? printable(found->get<std::string>()) : std::string();
}

std::uint64_t number_of(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

std::optional<bool> flag_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_boolean()) return std::nullopt;
  return found->get<bool>();
}

std::vector<std::string> texts_of(const json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return texts;
  for (const auto& item : *found)
    if (item.is_string()) texts.push_back(printable(item.get<std::string>()));
  return texts;
}

std::vector<IpPrefix> prefixes_of(const json& object, const char* key) {
  std::vector<IpPrefix> prefixes;
  for (const auto& text : texts_of(object, key))
    if (const auto prefix = IpPrefix::parse(text)) prefixes.push_back(*prefix);
  return prefixes;
}

std::vector<IpAddress> addresses_of(const json& object, const char* key) {
  std::vector<IpAddress> addresses;
  for (const auto& text : texts_of(object, key))
    if (const auto address = IpAddress::parse(text)) addresses.push_back(*address);
  return addresses;
}

std::chrono::milliseconds time_of(const json& object, const char* key) {
  return std::chrono::milliseconds(number_of(object, key));
}

AgentWord::Router own_router(const json& object) {
  const auto counters = object.find("counters");
  return {.vrid = Vrid(static_cast<std::uint8_t>(number_of(object, "vrid"))),
          .family = text_of(object, "family") == name(Family::ipv6) ? Family::ipv6 : Family::ipv4,
          .state = text_of(object, "state"),
          .reason = text_of(object, "reason"),
          .active = text_of(object, "active"),
          .source = text_of(object, "source"),
          .addresses = prefixes_of(object, "addresses"),
          .hellos_received = counters != object.end() && counters->is_object()
                                 ? number_of(*counters, "hellos_received")
                                 : 0};
}

WantedRouter wanted_of(const json& object, const AgentWord& agent, bool managed) {
  WantedRouter wanted{.group = agent.group, .managed = managed, .auth_known = false};
  auto& protocol = wanted.setup.protocol;
  protocol.version = number_of(object, "version") == 2 ? Version::v2 : Version::v3;
  protocol.vrid = Vrid(static_cast<std::uint8_t>(number_of(object, "vrid")));
  protocol.priority = Priority(static_cast<std::uint8_t>(number_of(object, "priority")));
  protocol.advert_interval = time_of(object, "advert_interval_ms");
  protocol.addresses = prefixes_of(object, "addresses");
  const auto source = IpAddress::parse(text_of(object, "source"));
  if (source) protocol.source = *source;
  const bool multicast = text_of(object, "transport") == "multicast";
  wanted.setup.transport = multicast ? Transport::multicast : Transport::unicast;
  wanted.setup.rules.peers = addresses_of(object, "peers");
  wanted.setup.rules.listed_sources_only = !multicast;
  wanted.placement = {.interface = text_of(object, "interface"),
                      .family = wanted.family(),
                      .source = source,
                      .link_local = multicast,
                      .own = protocol.addresses};
  return wanted;
}

report::RouterWord word_of(const json& object) {
  const auto priority = static_cast<int>(number_of(object, "priority"));
  return {.vrid = std::to_string(number_of(object, "vrid")),
          .family = text_of(object, "family"),
          .interface = text_of(object, "interface"),
          .state = text_of(object, "state"),
          .since = text_of(object, "since"),
          .cause = text_of(object, "cause"),
          .reason = text_of(object, "reason"),
          .active = text_of(object, "active"),
          .source = text_of(object, "source"),
          .addresses = texts_of(object, "addresses"),
          .peers = texts_of(object, "peers"),
          .priority = priority > 0 ? std::optional(priority) : std::nullopt,
          .preempt = flag_of(object, "preempt"),
          .preempt_delay = time_of(object, "preempt_delay_ms"),
          .interval = time_of(object, "advert_interval_ms"),
          .version = static_cast<int>(number_of(object, "version"))};
}

}  // namespace

Result<StatusWord> read_status(std::string_view document) {
  const json parsed = json::parse(document, nullptr, /*allow_exceptions=*/false);
  const bool sound = parsed.is_object() && parsed.contains("agent") && parsed["agent"].is_object() &&
                     parsed.contains("routers") && parsed["routers"].is_array();
  if (!sound) return fail(Errc::invalid, "the answer is not a status document");
  const auto& agent = parsed["agent"];
  StatusWord word{.node = text_of(agent, "node")};
  word.agent.group = text_of(agent, "group");
  word.agent.charge = text_of(agent, "charge");
  word.agent.waits = text_of(agent, "waits");
  word.agent.healthy = flag_of(agent, "healthy").value_or(true);
  const bool managed = flag_of(agent, "managed").value_or(false);
  for (const auto& router : parsed["routers"]) {
    if (!router.is_object()) continue;
    word.agent.routers.push_back(own_router(router));
    word.wanted.push_back(wanted_of(router, word.agent, managed));
    word.routers.push_back(word_of(router));
  }
  return word;
}

HostWords ask_agents_here() {
  constexpr std::chrono::seconds kPatience{5};
  HostWords words;
  const auto agents = local_agents();
  if (!agents) return words;
  for (const auto& agent : *agents) {
    const auto answer = ask_locally(agent, "/status", kPatience);
    auto word = answer ? read_status(*answer) : Result<StatusWord>(std::unexpected(answer.error()));
    if (!word) {
      words.agents.push_back({.group = agent.group, .error = word.error().context});
      continue;
    }
    words.agents.push_back(word->agent);
    words.statuses.push_back(*std::move(word));
  }
  return words;
}

}  // namespace vip::vrrp

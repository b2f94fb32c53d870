#include "tests/golden/words.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "common/base/text.h"

namespace vip::golden {

using namespace vip::vrrp;

void allow(const Json& object, std::initializer_list<std::string_view> known) {
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(known, key) == known.end()) throw std::runtime_error("unknown word: " + key);
  }
}

Duration milliseconds(const Json& value) {
  return Duration(std::llround(value.get<double>() * 1e6));
}

std::string text(Duration duration) {
  const auto whole = std::to_string(duration.count() / 1'000'000);
  auto rest = std::to_string(1'000'000 + std::abs(duration.count() % 1'000'000)).substr(1);
  rest.erase(rest.find_last_not_of('0') + 1);
  return rest.empty() ? whole : whole + "." + rest;
}

IpAddress address(const Json& value) {
  return ip(value.get<std::string>());
}

RouterConfig config(const Json& given) {
  allow(given, {"version", "vrid", "priority", "interval_ms", "preempt", "preempt_delay_ms", "start_wait_ms",
                "start_grace_ms", "password", "source", "addresses", "lease_ms", "in_group", "asks_peers",
                "generation", "levels"});
  RouterConfig made{.version = static_cast<Version>(given.value("version", 3)),
                    .vrid = Vrid(given.value("vrid", std::uint8_t{51})),
                    .priority = Priority(given.value("priority", std::uint8_t{100})),
                    .advert_interval = milliseconds(given.value("interval_ms", Json(1000))),
                    .source = address(given.value("source", Json("192.0.2.20")))};
  made.preempt = given.value("preempt", made.preempt);
  for (const auto& level : given.value("levels", Json::array()))
    made.levels.emplace_back(level.get<std::uint8_t>());
  made.preempt_delay = milliseconds(given.value("preempt_delay_ms", Json(0)));
  made.start_wait = milliseconds(given.value("start_wait_ms", Json(0)));
  made.start_grace = milliseconds(given.value("start_grace_ms", Json(0)));
  made.lease = milliseconds(given.value("lease_ms", Json(0)));
  made.in_group = given.value("in_group", false);
  made.asks_peers = given.value("asks_peers", false);
  made.generation = given.value("generation", std::uint64_t{0});
  if (given.contains("password")) {
    made.auth_type = AuthType::password;
    made.auth = auth_data(given["password"].get<std::string>());
  }
  for (const auto& prefix : given.value("addresses", Json{"192.0.2.100"}))
    made.addresses.push_back(IpPrefix::parse(prefix.get<std::string>()).value());
  return made;
}

Envelope envelope(const Json& given) {
  allow(given, {"from", "to", "ttl", "interface"});
  return {.source = address(given.at("from")),
          .destination = address(given.at("to")),
          .ttl = given.value("ttl", std::uint8_t{255}),
          .interface = IfIndex(given.value("interface", 0U))};
}

ReceiveRules rules(const Json& given) {
  allow(given, {"peers", "any_source", "interface", "ttl_min"});
  ReceiveRules made{.listed_sources_only = !given.value("any_source", false),
                    .interface = IfIndex(given.value("interface", 0U)),
                    .ttl_min = given.value("ttl_min", std::uint8_t{255})};
  for (const auto& peer : given.value("peers", Json::array())) made.peers.push_back(address(peer));
  return made;
}

Answered answer(const Json& given) {
  allow(given, {"is", "from", "state", "priority", "interval_ms", "active_for_ms", "active_router",
                "contacts", "our_contacts", "newer_plan", "came_back", "all_quiet", "known_quiet"});
  static const std::map<std::string, State> kStates{{"initialize", State::initialize},
                                                    {"backup", State::backup},
                                                    {"active", State::active},
                                                    {"fault", State::fault}};
  Answered made{.source = address(given.at("from")),
                .state = kStates.at(given.value("state", "backup")),
                .priority = Priority(given.value("priority", std::uint8_t{100})),
                .interval = milliseconds(given.value("interval_ms", Json(1000))),
                .active_for = milliseconds(given.value("active_for_ms", Json(0))),
                .contacts = given.value("contacts", 0U),
                .our_contacts = given.value("our_contacts", 0U),
                .has_newer_plan = given.value("newer_plan", false),
                .came_back = given.value("came_back", false),
                .plan_is_quiet = given.value("all_quiet", false),
                .known_are_quiet = given.value("known_quiet", given.value("all_quiet", false))};
  if (given.contains("active_router")) made.active_router = address(given["active_router"]);
  return made;
}

Event event(const Json& given) {
  if (given.at("is") == "answer") return answer(given);
  allow(given, {"is", "from", "priority", "interval_ms", "config", "address", "farewells", "member"});
  static const std::map<std::string, Event> kPlain{
      {"started", Started{}},
      {"started without link", Started{.link_up = false}},
      {"timer", TimerExpired{}},
      {"link up", LinkChanged{.up = true}},
      {"link down", LinkChanged{.up = false}},
      {"stalled", Stalled{}},
      {"stalled, addresses kept", Stalled{.addresses_kept = true}},
      {"held", AddressesHeld{}},
      {"refused", AddressesRefused{}},
      {"group down", LinkChanged{.up = false, .by_group = true}},
      {"group up", LinkChanged{.up = true, .by_group = true}},
      {"group claims", Claimed{}},
      {"group yields", Yielded{}},
      {"group hands over", Yielded{.leaves = true}}};
  const auto what = given.at("is").get<std::string>();
  if (what == "advert") {
    return Received{.source = address(given.at("from")),
                    .priority = Priority(given.at("priority").get<std::uint8_t>()),
                    .interval = milliseconds(given.value("interval_ms", Json(1000)))};
  }
  if (what == "taken") {
    AddressTaken taken;
    if (given.contains("member")) taken.member = address(given["member"]);
    return taken;
  }
  if (what == "stopped") return Stopped{.farewells = given.value("farewells", Stopped().farewells)};
  if (what == "foreign owner") return ForeignOwner{address(given.value("address", Json("192.0.2.100")))};
  if (what == "reconfigured") return Reconfigured{config(given.at("config"))};
  return kPlain.at(what);
}

std::string text(const Action& action, const VirtualRouter& router) {
  if (const auto* send = std::get_if<SendAdvertisement>(&action))
    return "send priority " + std::to_string(send->priority.value);
  if (std::holds_alternative<HoldAddresses>(action)) {
    Words held{"hold"};
    for (const auto& prefix : router.desired_addresses()) held.push_back(prefix.text());
    return join(held, " ");
  }
  if (std::holds_alternative<ReleaseAddresses>(action)) return "release";
  if (const auto* gone = std::get_if<ReleaseAddress>(&action))
    return "release " + gone->prefix.address.text() + ": " + std::string(name(gone->how));
  if (const auto* over = std::get_if<HandedOver>(&action))
    return "handed over after " + text(over->after) + ": " + std::string(name(over->how));
  if (std::holds_alternative<AnnounceAddresses>(action)) return "announce";
  if (std::holds_alternative<ReadyToClaim>(action)) return "ready to claim";
  if (const auto* question = std::get_if<AskPeers>(&action))
    return question->only ? "ask " + question->only->text() : "ask the peers";
  if (const auto* silent = std::get_if<Unheard>(&action)) return silent->peer.text() + " is not heard";
  if (std::holds_alternative<IntervalChanged>(action)) return "another interval";
  if (std::holds_alternative<ProbeAddresses>(action)) return "ask who has the addresses";
  if (const auto* hello = std::get_if<SendHello>(&action))
    return std::string(hello->kind == HelloKind::question ? "question" : "answer") + " to " +
           hello->to.text();
  const auto& change = std::get<StateChanged>(action);
  return std::string(name(change.from)) + " -> " + std::string(name(change.to)) + ": " +
         std::string(name(change.cause)) + (change.peer ? " " + change.peer->text() : "");
}

std::string text(const VirtualRouter& router) {
  static const std::map<Timer, std::string> kNames{{Timer::down, "down"},
                                                   {Timer::advert, "advert"},
                                                   {Timer::resume, "resume"},
                                                   {Timer::preempt_delay, "preempt delay"},
                                                   {Timer::announce, "announcement"},
                                                   {Timer::defend, "defence"},
                                                   {Timer::retry, "retry"},
                                                   {Timer::farewell, "farewell"},
                                                   {Timer::linger, "release"}};
  auto timers = router.memory(TimePoint()).timers;
  timers.stop(Timer::doubt);  // it only asks, and would hide what comes then
  const auto next = timers.next();
  return std::string(name(router.state())) + (router.is_lingering() ? ", keeps its addresses" : "") +
         (next ? ", " + kNames.at(next->which) + " at " + text(next->when.time_since_epoch()) : "");
}

}  // namespace vip::golden

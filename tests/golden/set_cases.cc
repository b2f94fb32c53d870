#include <stdexcept>

#include "common/base/text.h"
#include "tests/golden/words.h"
#include "vrrp/core/router_set.h"

namespace vip::golden {

using namespace vip::vrrp;

namespace {

RouterSetup setup(const Json& given) {
  allow(given, {"config", "rules", "interface", "multicast", "checksum", "group"});
  return {.protocol = config(given.value("config", Json::object())),
          .rules = rules(given.value("rules", Json::object())),
          .transport = given.value("multicast", false) ? Transport::multicast : Transport::unicast,
          .checksum = given.value("checksum", "") == "message only" ? ChecksumForm::message_only
                                                                    : ChecksumForm::pseudo_header,
          .sync_group = given.value("group", "")};
}

// All routers with their links up, started at 0 ms.
class SetPlayer {
 public:
  explicit SetPlayer(const Json& routers) : set_(setups(routers), {AuthMode::off, {}, 1}) {
    for (std::size_t i = 0; i < set_.size(); ++i) {
      set_.place(i, IfIndex(routers[i].value("interface", 2U)));
      (void)set_.link_changed(TimePoint(), i, true, std::nullopt);
    }
    (void)set_.start(TimePoint());
  }

  Words step(const Json& given) {
    allow(given, {"at_ms", "event", "expect"});
    const TimePoint now(milliseconds(given.at("at_ms")));
    const auto& what = given.at("event");
    const auto is = what.at("is").get<std::string>();
    Words words;
    if (is == "packet") {
      allow(what, {"is", "packet", "envelope"});
      const auto bytes = from_hex(what.at("packet").get<std::string>());
      const auto reception = set_.receive(now, envelope(what.at("envelope")), bytes);
      tell(reception.actions, now, words);
      if (reception.discarded) words.push_back("discarded: " + std::string(name(*reception.discarded)));
    } else if (is == "timer") {
      tell(set_.expire(now), now, words);
    } else if (is == "stopped") {
      tell(set_.stop(now), now, words);
    } else {
      allow(what, {"is", "router"});
      tell(set_.feed(now, what.at("router").get<std::size_t>(), event({{"is", is}})), now, words);
    }
    for (std::size_t i = 0; i < set_.size(); ++i)
      words.push_back(std::to_string(i) + " now " + text(set_.machine(i)));
    return words;
  }

 private:
  static std::vector<RouterSetup> setups(const Json& routers) {
    std::vector<RouterSetup> made;
    for (const auto& router : routers) made.push_back(setup(router));
    return made;
  }
  void tell(const RouterActions& actions, TimePoint now, Words& words) {
    for (const auto& [router, action] : actions) {
      const auto who = std::to_string(router) + " ";
      words.push_back(who + text(action, set_.machine(router)));
      const auto* send = std::get_if<SendAdvertisement>(&action);
      if (send == nullptr) continue;
      for (const auto& [to, bytes] : set_.packets(router, send->priority, now, Duration())) {
        words.push_back(who + "from " + to.source.text() + " to " + to.destination.text() + " on " +
                        std::to_string(to.interface.value) + ", ttl " + std::to_string(to.ttl) + ": " +
                        hexadecimal(bytes));
      }
    }
  }

  RouterSet set_;
};

}  // namespace

Json play_set(Json played) {
  allow(played, {"id", "section", "says", "routers", "steps"});
  SetPlayer player(played["routers"]);
  for (auto& step : played["steps"]) {
    const auto words = player.step(step);
    if (step.contains("expect")) step["expect"] = words;
  }
  return played;
}

}  // namespace vip::golden

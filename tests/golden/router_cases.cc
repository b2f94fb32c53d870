#include <map>
#include <stdexcept>
#include <utility>

#include "common/base/text.h"
#include "tests/golden/words.h"

namespace vip::golden {

using namespace vip::vrrp;

namespace {

Event event(const Json& given) {
  allow(given, {"is", "from", "priority", "interval_ms", "config"});
  static const std::map<std::string, Event> kPlain{{"started", Started{}},
                                                   {"started without link", Started{.link_up = false}},
                                                   {"stopped", Stopped{}},
                                                   {"timer", TimerExpired{}},
                                                   {"link up", LinkChanged{.up = true}},
                                                   {"link down", LinkChanged{.up = false}},
                                                   {"stalled", Stalled{}},
                                                   {"held", AddressesHeld{}},
                                                   {"refused", AddressesRefused{}},
                                                   {"foreign owner", ForeignOwner{}},
                                                   {"group down", LinkChanged{.up = false, .by_group = true}},
                                                   {"group up", LinkChanged{.up = true, .by_group = true}},
                                                   {"group claims", Claimed{}},
                                                   {"group yields", Yielded{}}};
  const auto what = given.at("is").get<std::string>();
  if (what == "advert") {
    return Received{.source = address(given.at("from")),
                    .priority = Priority(given.at("priority").get<std::uint8_t>()),
                    .interval = milliseconds(given.value("interval_ms", Json(1000)))};
  }
  if (what == "reconfigured") return Reconfigured{config(given.at("config"))};
  return kPlain.at(what);
}

class Teller {
 public:
  Teller(const VirtualRouter& router, Words& words) : router_(router), words_(words) {}
  void operator()(const SendAdvertisement& action) const {
    words_.push_back("send priority " + std::to_string(action.priority.value));
  }
  void operator()(const HoldAddresses&) const {
    Words held;
    for (const auto& prefix : router_.desired_addresses()) held.push_back(prefix.text());
    words_.push_back("hold " + join(held, " "));
  }
  void operator()(const ReleaseAddresses&) const { words_.emplace_back("release"); }
  void operator()(const AnnounceAddresses&) const { words_.emplace_back("announce"); }
  void operator()(const ReadyToClaim&) const { words_.emplace_back("ready to claim"); }
  void operator()(const StateChanged& action) const {
    words_.push_back(std::string(name(action.from)) + " -> " + std::string(name(action.to)) + ": " +
                     std::string(name(action.cause)) + (action.peer ? " " + action.peer->text() : ""));
  }

 private:
  const VirtualRouter& router_;
  Words& words_;
};

// A router and its clock. "wake" jumps to the next deadline, "run" goes through all of them until a time, and
// "stall check" is what the agent does at the begin of a turn.
class Player {
 public:
  Player(const RouterConfig& with, TimePoint start) : router_(with), now_(start) {}

  Words step(const Json& given) {
    allow(given, {"at_ms", "event", "expect"});
    const auto& what = given.at("event");
    Words words;
    if (what.at("is") == "wake") {
      wake(words);
    } else if (what.at("is") == "run") {
      const TimePoint until(milliseconds(given.at("at_ms")));
      while (router_.next_deadline() && router_.next_deadline()->when <= until) wake(words);
      now_ = until;
    } else if (what.at("is") == "stall check") {
      advance(TimePoint(milliseconds(given.at("at_ms"))));
      words.emplace_back(router_.is_stalled(now_) ? "asleep" : "in time");
      if (router_.is_stalled(now_)) feed(Stalled{}, words);
    } else {
      advance(TimePoint(milliseconds(given.at("at_ms"))));
      feed(event(what), words);
    }
    if (router_.desired_addresses().empty() == (router_.state() == State::active))
      words.emplace_back("but what it holds is another matter");
    const auto next = router_.next_deadline();
    words.push_back(
        "now " + std::string(name(router_.state())) +
        (next ? ", " + timer_name(next->which) + " at " + text(next->when.time_since_epoch()) : ""));
    return words;
  }
  void feed(const Event& event, Words& words) {
    for (const auto& action : router_.step(now_, event)) std::visit(Teller(router_, words), action);
  }
  void wake(Words& words) {
    advance(router_.next_deadline().value().when);
    words.push_back("at " + text(now_.time_since_epoch()));
    feed(TimerExpired{}, words);
  }
  [[nodiscard]] TimePoint now() const { return now_; }

  // A router that came into its state at 0 ms.
  static Player in(const std::string& state, const RouterConfig& with) {
    Words ignored;
    Player player(with, TimePoint());
    if (state == "initialize") return player;
    player.feed(Started{.link_up = state != "fault"}, ignored);
    if (state != "active" || player.router_.state() == State::active) return player.reach(state);
    player.wake(ignored);  // tells how long the first listening is
    player = Player(with, TimePoint() - player.now_.time_since_epoch());
    player.feed(Started{}, ignored);
    player.wake(ignored);
    return player.reach(state);
  }

 private:
  Player reach(const std::string& state) {
    Words ignored;
    if (state == "active") feed(AddressesHeld{}, ignored);
    if (name(router_.state()) != state) throw std::runtime_error("cannot begin in state " + state);
    return *this;
  }
  void advance(TimePoint to) {
    if (to < now_) throw std::runtime_error("time goes back");
    now_ = to;
  }
  static std::string timer_name(Timer timer) {
    static const std::map<Timer, std::string> kNames{{Timer::down, "down"},
                                                     {Timer::advert, "advert"},
                                                     {Timer::preempt_delay, "preempt delay"},
                                                     {Timer::announce, "announcement"},
                                                     {Timer::defend, "defence"},
                                                     {Timer::retry, "retry"}};
    return kNames.at(timer);
  }

  VirtualRouter router_;
  TimePoint now_;
};

}  // namespace

Json play_steps(Json played) {
  allow(played, {"id", "section", "says", "config", "state", "steps"});
  auto player =
      Player::in(played.value("state", "initialize"), config(played.value("config", Json::object())));
  for (auto& step : played["steps"]) {
    const auto words = player.step(step);
    if (step.contains("expect")) step["expect"] = words;
  }
  return played;
}

}  // namespace vip::golden

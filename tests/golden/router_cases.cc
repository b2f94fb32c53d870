#include <map>
#include <stdexcept>
#include <utility>

#include "common/base/text.h"
#include "tests/golden/words.h"

namespace vip::golden {

using namespace vip::vrrp;

namespace {

// A router and its clock. "wake" jumps to the next deadline, "run" goes through all of them until a time, and
// "stall check" is what the agent does at the begin of a turn. "remembered" is what is written for another
// life, and "resumed" is that life.
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
    } else if (what.at("is") == "remembered") {
      advance(TimePoint(milliseconds(given.at("at_ms"))));
      memory_ = router_.memory(now_);
    } else if (what.at("is") == "resumed") {
      advance(TimePoint(milliseconds(given.at("at_ms"))));
      resume(what, words);
    } else {
      advance(TimePoint(milliseconds(given.at("at_ms"))));
      feed(event(what), words);
    }
    const bool holds = router_.state() == State::active || router_.is_lingering();
    if (router_.desired_addresses().empty() == holds)
      words.emplace_back("but what it holds is another matter");
    words.push_back("now " + text(router_));
    return words;
  }
  void feed(const Event& event, Words& words) {
    for (const auto& action : router_.step(now_, event)) words.push_back(text(action, router_));
  }
  void resume(const Json& given, Words& words) {
    allow(given, {"is", "last_lived_ms", "addresses_kept"});
    const TimePoint as_of(milliseconds(given.at("last_lived_ms")));
    router_ = VirtualRouter(router_.config());
    for (const auto& action : router_.resume(now_, memory_, as_of, given.value("addresses_kept", true)))
      words.push_back(text(action, router_));
  }
  void wake(Words& words) {
    advance(router_.next_deadline().value().when);
    words.push_back("at " + text(now_.time_since_epoch()));
    feed(TimerExpired{}, words);
  }

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
  VirtualRouter router_;
  TimePoint now_;
  RouterMemory memory_;
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

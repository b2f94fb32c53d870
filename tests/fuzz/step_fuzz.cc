// Any sequence of events: the state machine's contract, a twin that is fed the same, and the naive model of
// the simulator are the oracles.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <span>

#include "common/base/assert.h"
#include "common/base/bytes.h"
#include "tests/sim/model.h"
#include "vrrp/core/virtual_router.h"

using namespace vip;        // NOLINT(google-build-using-namespace): one file of helpers for one function
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

namespace {

// What another plan may change; the rest of the input is the router's own for good.
void read_plan(ByteReader& input, RouterConfig& config) {
  config.priority = Priority(std::max<std::uint8_t>(1, input.u8()));
  config.advert_interval = std::chrono::milliseconds(10 * (1 + input.u16() % 4095));
  const auto bits = input.u8();
  config.preempt = bits % 2 == 0;
  config.generation = bits / 8U % 4U;
  config.addresses.assign(1U + bits / 2U % 3U,
                          IpPrefix{.address = IpAddress::v4({192, 0, 2, 200}), .length = 32});
  config.preempt_delay = std::chrono::milliseconds(input.u16());
  config.levels.clear();
  if (bits / 64U % 2U == 1) config.levels.emplace_back(input.u8());
}

RouterConfig read_config(ByteReader& input) {
  const auto bits = input.u8();
  RouterConfig config{.version = bits % 2 == 0 ? Version::v2 : Version::v3,
                      .vrid = Vrid(1),
                      .priority = {},
                      .start_wait = std::chrono::milliseconds(input.u16()),
                      .start_grace = std::chrono::milliseconds(input.u16()),
                      .source = IpAddress::v4({192, 0, 2, 100}),
                      .addresses = {},
                      .lease = std::chrono::seconds(bits / 2 % 4),
                      .in_group = bits / 8 % 4 == 1,
                      .asks_peers = bits / 32 % 2 == 1};
  read_plan(input, config);
  return config;
}

Answered read_answer(ByteReader& input) {
  const auto bits = input.u8();
  const auto follows = input.u8();
  return {.source = IpAddress::v4({192, 0, 2, input.u8()}),
          .state = static_cast<State>(bits % 4),
          .priority = Priority(std::max<std::uint8_t>(1, input.u8())),
          .interval = std::chrono::milliseconds(10 * (1 + input.u16() % 4095)),
          .active_for = std::chrono::milliseconds(input.u16()),
          .active_router = follows == 0 ? std::nullopt : std::optional(IpAddress::v4({192, 0, 2, follows})),
          .contacts = bits / 4U % 2U,
          .our_contacts = bits / 8U % 2U,
          .has_newer_plan = bits / 16 % 2 == 1,
          .came_back = bits / 32 % 2 == 1,
          .plan_is_quiet = bits / 64 % 2 == 1,
          .known_are_quiet = bits / 128 % 2 == 1};
}

Event foreign_owner() {
  return ForeignOwner{IpAddress::v4({192, 0, 2, 200})};
}

Event read_event(ByteReader& input, const RouterConfig& config) {
  const auto kind = input.u8() % 16;
  switch (kind) {
    case 0:
      return Started{.link_up = input.u8() % 4 != 0};
    case 1:
      return Stopped{.farewells = input.u8() % 4};
    case 2: {
      const auto bits = input.u8();
      return LinkChanged{.up = bits % 2 == 0, .by_group = bits % 8 == 7};
    }
    case 3:
      return AddressesHeld{};
    case 4:
      return AddressesRefused{};
    case 5:
      return TimerExpired{};
    case 6:
      return Stalled{.addresses_kept = input.u8() % 2 == 1};
    case 7:
      return read_answer(input);
    case 8:
      if (input.u8() % 2 == 0) return foreign_owner();
      return AddressTaken{.member = IpAddress::v4({192, 0, 2, input.u8()})};
    case 9:
      return config.in_group ? Event(Claimed{}) : foreign_owner();
    case 10:
      return config.in_group ? Event(Yielded{.leaves = input.u8() % 2 == 1}) : foreign_owner();
    case 11: {
      auto other = config;
      read_plan(input, other);
      return Reconfigured{.config = other};
    }
    default:
      break;
  }
  const auto last = input.u8();
  const auto priority = input.u8();
  return Received{.source = IpAddress::v4({192, 0, 2, last}),
                  .priority = Priority(priority),
                  .interval = std::chrono::milliseconds(10 * (1 + input.u16() % 4095))};
}

// What the actions so far add up to, seen from outside.
class Onlooker {
 public:
  void look(const VirtualRouter& router, const Actions& actions, State before) {
    bool changed = false;
    for (const auto& action : actions) {
      if (std::holds_alternative<HoldAddresses>(action)) holds_ = true;
      if (std::holds_alternative<ReleaseAddresses>(action)) {
        VIP_ASSERT(holds_);  // nothing is released that was not held
        holds_ = spoke_ = false;
      }
      if (const auto* sent = std::get_if<SendAdvertisement>(&action)) {
        VIP_ASSERT(holds_);                                        // only who was active ever speaks
        VIP_ASSERT(sent->priority != kPriorityLeaving || spoke_);  // and only who spoke takes leave
        VIP_ASSERT(sent->priority == kPriorityLeaving || sent->priority == router.config().priority);
        VIP_ASSERT(sent->priority == kPriorityLeaving || router.state() != State::initialize);
        spoke_ = true;
      }
      if (const auto* change = std::get_if<StateChanged>(&action)) {
        VIP_ASSERT(change->from == (changed ? state_ : before) && change->from != change->to);
        changed = true;
        state_ = change->to;
      }
    }
    const bool active = router.state() == State::active;
    VIP_ASSERT(holds_ == (active || router.is_lingering()) && router.desired_addresses().empty() != holds_);
    VIP_ASSERT(!(active && router.is_lingering()));
    VIP_ASSERT(changed ? state_ == router.state() : before == router.state());
    VIP_ASSERT(actions.size() <= 12);
  }

 private:
  bool holds_ = false;
  bool spoke_ = false;  // since it holds
  State state_ = State::initialize;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input(std::span(data, size));
  const auto config = read_config(input);
  VirtualRouter router(config);
  VirtualRouter twin(config);
  sim::Model model(config);
  Onlooker onlooker;
  TimePoint now;
  while (input.ok() && input.remaining() > 0) {
    now += std::chrono::milliseconds(input.u16() % 5000);
    const auto event = read_event(input, config);
    const auto before = router.state();
    const auto deadline_before = router.next_deadline();
    const auto actions = router.step(now, event);
    VIP_ASSERT(twin.step(now, event) == actions && twin.next_deadline() == router.next_deadline());
    onlooker.look(router, actions, before);
    if (std::holds_alternative<TimerExpired>(event)) {
      const auto deadline = router.next_deadline();
      VIP_ASSERT(!deadline || deadline->when > now);
      const bool spurious = !deadline_before || deadline_before->when > now;
      VIP_ASSERT(!spurious || (actions.empty() && deadline == deadline_before));
    }
    const auto expected = model.feed(now.time_since_epoch().count(), event);
    const auto difference = model.difference(expected, actions, router);
    if (difference) (void)std::fprintf(stderr, "event %zu: %s\n", event.index(), difference->c_str());
    VIP_ASSERT(!difference);
  }
  return 0;
}

// Any sequence of events: the state machine's contract is the oracle.
#include <algorithm>
#include <cstdint>
#include <span>

#include "common/base/assert.h"
#include "common/base/bytes.h"
#include "vrrp/core/virtual_router.h"

using namespace vip;        // NOLINT(google-build-using-namespace): one file of helpers for one function
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

namespace {

Event read_event(ByteReader& input) {
  switch (input.u8() % 9) {
    case 0:
      return Started{.link_up = input.u8() % 4 != 0};
    case 1:
      return Stopped{};
    case 2:
      return LinkChanged{.up = input.u8() % 2 == 0};
    case 3:
      return AddressesHeld{};
    case 4:
      return AddressesRefused{};
    case 5:
      return TimerExpired{};
    case 6:
      return Stalled{};
    default:
      break;
  }
  const auto last = input.u8();
  const auto priority = input.u8();
  return Received{.source = IpAddress::v4({192, 0, 2, last}),
                  .priority = Priority(priority),
                  .interval = std::chrono::milliseconds(10 * (1 + input.u16() % 4095))};
}

RouterConfig read_config(ByteReader& input) {
  RouterConfig config{.version = input.u8() % 2 == 0 ? Version::v2 : Version::v3,
                      .vrid = Vrid(1),
                      .priority = Priority(std::max<std::uint8_t>(1, input.u8())),
                      .advert_interval = std::chrono::milliseconds(10 * (1 + input.u16() % 4095)),
                      .preempt = input.u8() % 2 == 0,
                      .preempt_delay = std::chrono::milliseconds(input.u16()),
                      .source = IpAddress::v4({192, 0, 2, 100}),
                      .addresses = {IpPrefix{.address = IpAddress::v4({192, 0, 2, 200}), .length = 32}}};
  return config;
}

void check_contract(const VirtualRouter& router, const Actions& actions, State before) {
  const bool active = router.state() == State::active;
  VIP_ASSERT(router.desired_addresses().empty() != active);
  bool released = false;
  bool changed = false;
  for (const auto& action : actions) {
    released |= std::holds_alternative<ReleaseAddresses>(action);
    changed |= std::holds_alternative<StateChanged>(action);
    const auto* const sent = std::get_if<SendAdvertisement>(&action);
    VIP_ASSERT(sent == nullptr || before == State::active);  // only who was active ever speaks
  }
  VIP_ASSERT(released == (before == State::active && !active));
  VIP_ASSERT(changed || before == router.state());
  VIP_ASSERT(actions.size() <= 8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader input(std::span(data, size));
  VirtualRouter router(read_config(input));
  TimePoint now;
  while (input.ok() && input.remaining() > 0) {
    now += std::chrono::milliseconds(input.u16() % 5000);
    const auto event = read_event(input);
    const auto before = router.state();
    const auto actions = router.step(now, event);
    if (!std::holds_alternative<TimerExpired>(event)) {
      check_contract(router, actions, before);
      continue;
    }
    const auto deadline = router.next_deadline();
    VIP_ASSERT(!deadline || deadline->when > now);
  }
  return 0;
}

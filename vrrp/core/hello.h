// Our own hello, beside VRRP and in no timer's path: a router asks the peers of its plan who they are and
// what they know, and whoever holds the group's key answers at once. Over UDP, unicast, signed like an
// advertisement (authentication.h); keepalived and FRR never see it. Pure.
//
//    0       1       2       3
//   +-------+-------+-------+-------+
//   |15|  1 | vrid  | prio  | kind  |     15 is no VRRP version: no signature of an advertisement fits here
//   +-------+-------+-------+-------+
//   | state | heard |       0       |     heard: how many peers answered in the last whole round
//   +-------+-------+-------+-------+
//   |     generation of the plan    |
//   |                               |
//   +-------+-------+-------+-------+
//   |  ticket: the asker's choice,  |     comes back in the answer, which proves that it is no old one
//   |    repeated by the answer     |
//   +-------+-------+-------+-------+
//   |   interval in milliseconds    |
//   +-------+-------+-------+-------+
//   |   active for, milliseconds    |     0 when not active, or not sure of it after a stall
//   +-------+-------+-------+-------+
//   |  the active router as far as  |     4 or 16 bytes and zeros; only zeros: not known
//   |     the sender knows, 16      |
//   +-------+-------+-------+-------+
//   |  more of a later version ...  |     ignored
//   +-------+-------+-------+-------+
//   |     the trailer, 28 bytes     |
//   +-------+-------+-------+-------+
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include "common/base/ids.h"
#include "common/base/ip_address.h"
#include "common/base/time.h"
#include "vrrp/core/advertisement.h"
#include "vrrp/core/authentication.h"
#include "vrrp/core/virtual_router.h"

namespace vip::vrrp {

struct Hello {
  HelloKind kind = HelloKind::question;
  Vrid vrid;
  Priority priority;
  State state = State::initialize;
  std::uint8_t contacts = 0;  // peers that answered in the sender's last whole round
  std::uint64_t generation = 0;
  std::uint64_t ticket = 0;
  Duration interval{};    // whole milliseconds
  Duration active_for{};  // whole milliseconds; 0 when not active or not sure of it
  std::optional<IpAddress> active_router;
  friend bool operator==(const Hello&, const Hello&) = default;
};

// The message without its trailer. Durations are cut to what 32 bits of milliseconds hold.
[[nodiscard]] std::vector<std::uint8_t> encode(const Hello& hello);

// A datagram's two parts: what is signed, and the signature. Nothing when it is too short for either, or too
// long to be worth the look.
struct SignedHello {
  std::span<const std::uint8_t> message;
  std::span<const std::uint8_t, kTrailerSize> trailer;
};
[[nodiscard]] std::optional<SignedHello> split_hello(std::span<const std::uint8_t> datagram);

// `family` is that of the datagram, and so of the addresses in it. Errors: malformed, version, type.
[[nodiscard]] std::expected<Hello, Discard> decode_hello(std::span<const std::uint8_t> message,
                                                         Family family);

}  // namespace vip::vrrp

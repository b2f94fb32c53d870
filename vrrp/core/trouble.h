// What keeps a router from its work, as one word that programs can tell apart; the words for people stand
// beside it.
#pragma once

#include <cstdint>
#include <string_view>

namespace vip::vrrp {

enum class Trouble : std::uint8_t {
  none,
  no_interface,     // the interface of the settings is not there
  no_network,       // no interface has a network that covers the address
  no_own_address,   // nothing to speak from
  link_down,        // the interface, by hand or for want of a carrier
  setup_failed,     // multicast, neighbours or the virtual MAC
  address_in_use,   // another host answered for it before we claimed
  address_refused,  // by the kernel
  address_removed,  // by somebody on this host, again and again
  duplicate_owner,  // we are active, and another host announces the address, too
  check_failed,     // what this host serves does not work
  update_unfit,     // works, but a newer agent of this host would not, and does not take over
  companion,        // another router of its sync group cannot work
};

[[nodiscard]] std::string_view name(Trouble trouble);

}  // namespace vip::vrrp

// Tells the LAN where an address lives: gratuitous ARP as RFC 9568 and RFC 5227 describe it.
#pragma once

#include "common/base/error.h"
#include "common/sys/unique_fd.h"
#include "vrrp/core/interface_choice.h"

namespace vip::vrrp {

class Announcer {
 public:
  // Errors: denied without NET_RAW.
  static Result<Announcer> open();
  // One broadcast ARP request with the address as both sender and target. Errors: unavailable; worth a count.
  [[nodiscard]] Status announce(const ObservedLink& link, const IpAddress& address) const;

 private:
  explicit Announcer(sys::UniqueFd fd) : fd_(std::move(fd)) {}
  sys::UniqueFd fd_;
};

}  // namespace vip::vrrp

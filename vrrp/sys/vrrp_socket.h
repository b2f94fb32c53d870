// The raw IPv4 socket of protocol 112: all advertisements of this host go out and come in here.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "common/base/error.h"
#include "common/sys/unique_fd.h"
#include "vrrp/core/advertisement.h"

namespace vip::vrrp {

class VrrpSocket {
 public:
  // Errors: denied without NET_RAW.
  static Result<VrrpSocket> open();

  // From the envelope's source to its destination, TTL 255. Errors: unavailable, not_found; worth a count,
  // never fatal.
  [[nodiscard]] Status send(const Envelope& envelope, std::span<const std::uint8_t> message) const;

  // Hands over what has arrived, at most as much as fits one turn of the loop. Packets that are no IPv4
  // packets are dropped.
  using Receiver = std::function<void(const Envelope&, std::span<const std::uint8_t> message)>;
  void receive(const Receiver& receiver) const;

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  explicit VrrpSocket(sys::UniqueFd fd) : fd_(std::move(fd)) {}
  sys::UniqueFd fd_;
};

}  // namespace vip::vrrp

// Tells the LAN where an address lives, and hears when somebody else does: packet sockets for the frames of
// announcement.h.
#pragma once

#include <functional>
#include <vector>

#include "common/base/error.h"
#include "common/base/ids.h"
#include "common/sys/unique_fd.h"
#include "vrrp/core/announcement.h"

namespace vip::vrrp {

class Announcer {
 public:
  // Errors: denied without NET_RAW.
  static Result<Announcer> open();
  // One frame to all stations of the link. Errors: unavailable; worth a count.
  [[nodiscard]] Status announce(IfIndex interface, const Announcement& announcement) const;

 private:
  explicit Announcer(sys::UniqueFd fd) : fd_(std::move(fd)) {}
  sys::UniqueFd fd_;
};

// Whether the host forwards IPv6 packets on the interface: what the R flag says.
[[nodiscard]] bool is_ipv6_router(const std::string& interface);

// Hears the announcements of others on all links.
class AnnouncementWatch {
 public:
  // Errors: denied without NET_RAW.
  static Result<AnnouncementWatch> open(Family family);
  [[nodiscard]] int fd() const { return fd_.get(); }
  // What has arrived, at most as much as fits one turn of the loop.
  using Receiver = std::function<void(IfIndex interface, const Announcement& announcement)>;
  void receive(const Receiver& receiver) const;

 private:
  explicit AnnouncementWatch(sys::UniqueFd fd) : fd_(std::move(fd)) {}
  sys::UniqueFd fd_;
};

}  // namespace vip::vrrp

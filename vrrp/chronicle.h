// What the agent says in its log: one line an event, and of repeated trouble the first at once, then at most
// one line in a while with how often it was.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/base/ip_address.h"
#include "common/base/time.h"
#include "vrrp/core/advertisement.h"
#include "vrrp/core/announcement.h"

namespace vip::vrrp {

class Chronicle {
 public:
  explicit Chronicle(std::string group) : group_(std::move(group)) {}

  void advert_discarded(TimePoint now, Discard why, const IpAddress& from);
  void hello_discarded(TimePoint now, Discard why, const IpAddress& from);
  // Trouble of the host: what nobody hears of cannot be mended, a firewall or a missing route.
  void failed(TimePoint now, const std::string& event, const Error& error);
  void foreign_owner(TimePoint now, const Announcement& announcement);
  void address_put_back(TimePoint now, const IpPrefix& address, const std::string& removed_by);

 private:
  void discarded(TimePoint now, const std::string& event, Discard why, const IpAddress& from);
  // How many to speak of now, or 0 to stay silent.
  std::uint64_t count(TimePoint now, const std::string& trouble);

  struct Trouble {
    std::optional<TimePoint> last;
    std::uint64_t unsaid = 0;
  };
  std::string group_;
  std::map<std::string, Trouble> troubles_;  // as many as there are kinds
};

}  // namespace vip::vrrp

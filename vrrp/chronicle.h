// What the agent says in its log: one line an event, and of repeated trouble the first at once, then with how
// often it was since, in pauses that grow from ten seconds to ten minutes; also when it is over, so that no
// count stays unsaid.
#pragma once

#include <cstdint>
#include <functional>
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
  void foreign_owner(TimePoint now, const Announcement& announcement, std::uint64_t times);
  void address_put_back(TimePoint now, const IpPrefix& address, const std::string& removed_by);
  // To be called now and then: what was kept back for long enough.
  void say_the_rest(TimePoint now);

 private:
  // Writes the line with its count.
  using Tell = std::function<void(const std::string& count)>;

  void discarded(TimePoint now, const std::string& event, Discard why, const IpAddress& from);
  // Now, or with the next ones of its kind.
  void say(TimePoint now, const std::string& trouble, std::uint64_t times, const auto& tell);

  static constexpr Duration kPauseFirst = std::chrono::seconds(10);
  struct Trouble {
    std::optional<TimePoint> said;
    TimePoint happened;
    Duration pause = kPauseFirst;
    std::uint64_t unsaid = 0;
    Tell tell;  // the first that is unsaid
  };
  static void say(TimePoint now, Trouble& trouble, const auto& tell);

  std::string group_;
  std::map<std::string, Trouble> troubles_;  // as many as there are kinds
};

}  // namespace vip::vrrp

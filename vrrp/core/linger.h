// What a router that is active no more still holds, so that an address is never on nobody: make before break.
// An address is kept until its successor has advertised and announced it, and a moment longer for neighbours
// that learn it late; or for a second after the advertisement; and where nobody comes, until a given end.
// While the router is active it remembers what others announced: a successor of ours announces first and
// advertises then. An announcement alone ends nothing: anybody can send one. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "common/base/ip_address.h"
#include "common/base/time.h"

namespace vip::vrrp {

// Why it was over, of several addresses the worst.
enum class LingerEnd : std::uint8_t {
  announced,   // the successor announced it
  advertised,  // it advertised, and was not heard to announce
  nobody,      // nobody came
  cut_short,   // it had to end at once
  count,
};
[[nodiscard]] std::string_view name(LingerEnd end);

class Linger {
 public:
  // Somebody else announced the address. Only those that the router holds are to be told of.
  void announced(TimePoint now, const IpAddress& address);
  // The router is active no more. `nobody_by`: so long without an advertisement, kLongest at most.
  void begin(TimePoint now, std::vector<IpPrefix> addresses, TimePoint nobody_by);
  // The successor did; the first time counts.
  void advertised(TimePoint now);
  // Forgets everything, also what was announced.
  void clear();

  [[nodiscard]] bool empty() const { return kept_.empty(); }
  [[nodiscard]] const std::vector<IpPrefix>& addresses() const { return kept_; }
  [[nodiscard]] TimePoint began() const { return began_; }
  // When take_due() has something; nothing while empty.
  [[nodiscard]] std::optional<TimePoint> next() const;
  struct Due {
    IpPrefix prefix;
    TimePoint when;
    LingerEnd why = LingerEnd::nobody;
  };
  [[nodiscard]] std::vector<Due> take_due(TimePoint now);
  [[nodiscard]] LingerEnd how() const { return how_; }  // of what was taken since begin()

  // Containers are stopped 10 s after the signal; the leases are renewed meanwhile.
  static constexpr Duration kLongest = std::chrono::seconds(7);
  // And what an address may outlive this, or its lease, by, at most: the kernel is late.
  static constexpr Duration kLate = std::chrono::milliseconds(1500);
  static constexpr Duration kAfterAdvertisement = std::chrono::seconds(1);
  // What was under way to us, or from neighbours who heard of it later, is still answered.
  static constexpr Duration kSettle = std::chrono::milliseconds(20);
  // An older announcement was not that of the successor.
  static constexpr Duration kRecent = std::chrono::seconds(1);

 private:
  [[nodiscard]] Due due(const IpPrefix& prefix) const;

  std::vector<IpPrefix> kept_;
  std::map<IpAddress, TimePoint> announced_;
  std::optional<TimePoint> advertised_;
  TimePoint began_;
  TimePoint nobody_by_;
  LingerEnd how_ = LingerEnd::announced;
};

}  // namespace vip::vrrp

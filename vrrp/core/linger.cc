#include "vrrp/core/linger.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vip::vrrp {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(LingerEnd::count)> kEndNames{
    "announced", "advertised", "nobody", "cut_short"};

}  // namespace

std::string_view name(LingerEnd end) {
  return kEndNames.at(static_cast<std::size_t>(end));
}

void Linger::announced(TimePoint now, const IpAddress& address) {
  auto& when = announced_.try_emplace(address, now).first->second;
  if (kept_.empty()) when = now;  // once it is on, the first one counts
}

void Linger::begin(TimePoint now, std::vector<IpPrefix> addresses, TimePoint nobody_by) {
  std::erase_if(announced_, [now](const auto& entry) { return now - entry.second > kRecent; });
  kept_ = std::move(addresses);
  advertised_.reset();
  began_ = now;
  nobody_by_ = std::min(nobody_by, now + kLongest);
  how_ = LingerEnd::announced;
}

void Linger::advertised(TimePoint now) {
  if (!advertised_) advertised_ = now;
}

void Linger::clear() {
  kept_.clear();
  announced_.clear();
}

Linger::Due Linger::due(const IpPrefix& prefix) const {
  if (!advertised_) return {.prefix = prefix, .when = nobody_by_, .why = LingerEnd::nobody};
  const auto latest = began_ + kLongest;
  const auto heard = announced_.find(prefix.address);
  const bool known = heard != announced_.end();
  const auto when =
      known ? std::max(heard->second, *advertised_) + kSettle : *advertised_ + kAfterAdvertisement;
  return {.prefix = prefix,
          .when = std::min(when, latest),
          .why = known ? LingerEnd::announced : LingerEnd::advertised};
}

std::optional<TimePoint> Linger::next() const {
  std::optional<TimePoint> earliest;
  for (const auto& prefix : kept_) {
    const auto when = due(prefix).when;
    if (!earliest || when < *earliest) earliest = when;
  }
  return earliest;
}

std::vector<Linger::Due> Linger::take_due(TimePoint now) {
  std::vector<Due> taken;
  for (const auto& prefix : kept_) {
    const auto end = due(prefix);
    if (end.when > now) continue;
    how_ = std::max(how_, end.why);
    taken.push_back(end);
  }
  std::erase_if(
      kept_, [&taken](const auto& prefix) { return std::ranges::count(taken, prefix, &Due::prefix) != 0; });
  return taken;
}

}  // namespace vip::vrrp

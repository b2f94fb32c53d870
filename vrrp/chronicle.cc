#include "vrrp/chronicle.h"

#include <array>
#include <cstdio>
#include <utility>

#include "common/sys/log.h"

namespace vip::vrrp {
namespace {

// The same trouble is said at most this often.
constexpr Duration kPause = std::chrono::seconds(10);

// What each reason not to believe a packet means, for who reads it in the log.
constexpr std::array<std::string_view, kDiscardCount> kDiscardWords{
    "it is shorter than it says, or not of VRRP",
    "it speaks another version of VRRP",
    "it is of a kind that nobody sends",
    "it was damaged on its way",
    "it names no addresses",
    "it says that it speaks without a pause",
    "it came through a router, or from one that does not send as VRRP does",
    "it is of another virtual router",
    "it is our own",
    "its addresses are our own",
    "it came by another interface",
    "its sender is no member",
    "its sender lacks the group's key or password",
    "it was heard before",
    "it is too old",
    "its sender has another advertisement interval"};

// Others' packets on a shared socket, and our own: no error of anybody.
bool is_ordinary(Discard why) {
  return why == Discard::vrid || why == Discard::own_address || why == Discard::other_interface;
}

}  // namespace

std::uint64_t Chronicle::count(TimePoint now, const std::string& trouble) {
  auto& known = troubles_[trouble];
  ++known.unsaid;
  if (known.last && now - *known.last < kPause) return 0;
  known.last = now;
  return std::exchange(known.unsaid, 0);
}

void Chronicle::advert_discarded(TimePoint now, Discard why, const IpAddress& from) {
  discarded(now, "advert_discarded", why, from);
}

void Chronicle::hello_discarded(TimePoint now, Discard why, const IpAddress& from) {
  discarded(now, "hello_discarded", why, from);
}

void Chronicle::discarded(TimePoint now, const std::string& event, Discard why, const IpAddress& from) {
  if (is_ordinary(why)) return;
  const auto reason = std::string(name(why));
  const auto times = count(now, event + " " + reason);
  if (times == 0) return;
  log::warning(event, {{"group", group_},
                       {"reason", reason},
                       {"from", from.text()},
                       {"why", std::string(kDiscardWords.at(static_cast<std::size_t>(why)))},
                       {"count", std::to_string(times)}});
}

void Chronicle::failed(TimePoint now, const std::string& event, const Error& error) {
  const auto times = count(now, event);
  if (times == 0) return;
  log::warning(event, {{"group", group_}, {"error", error.context}, {"count", std::to_string(times)}});
}

void Chronicle::foreign_owner(TimePoint now, const Announcement& announcement) {
  const auto times = count(now, "foreign owner");
  if (times == 0) return;
  log::warning("foreign_owner", {{"group", group_},
                                 {"address", announcement.address.text()},
                                 {"mac", text(announcement.mac)},
                                 {"why", "somebody else announced our address; announcing it again"},
                                 {"count", std::to_string(times)}});
}

void Chronicle::address_put_back(TimePoint now, const IpPrefix& address, const std::string& removed_by) {
  const auto times = count(now, "put back");
  if (times == 0) return;
  log::warning("address_put_back", {{"group", group_},
                                    {"address", address.text()},
                                    {"removed_by", removed_by},
                                    {"count", std::to_string(times)}});
}

}  // namespace vip::vrrp

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

void Chronicle::say(TimePoint now, const std::string& trouble, std::uint64_t times, const auto& tell) {
  auto& known = troubles_[trouble];
  known.unsaid += times;
  if (known.last && now - *known.last < kPause) {
    if (!known.tell) known.tell = tell;
    return;
  }
  known.last = now;
  known.tell = nullptr;
  tell(std::to_string(std::exchange(known.unsaid, 0)));
}

void Chronicle::say_the_rest(TimePoint now) {
  for (auto& [kind, trouble] : troubles_) {
    if (trouble.unsaid == 0 || now - *trouble.last < kPause) continue;
    trouble.last = now;
    std::exchange(trouble.tell, nullptr)(std::to_string(std::exchange(trouble.unsaid, 0)));
  }
}

void Chronicle::advert_discarded(TimePoint now, Discard why, const IpAddress& from) {
  discarded(now, "advert_discarded", why, from);
}

void Chronicle::hello_discarded(TimePoint now, Discard why, const IpAddress& from) {
  discarded(now, "hello_discarded", why, from);
}

void Chronicle::discarded(TimePoint now, const std::string& event, Discard why, const IpAddress& from) {
  if (is_ordinary(why)) return;
  say(now, event + " " + std::string(name(why)), 1, [this, event, why, from](const std::string& count) {
    log::warning(event, {{"group", group_},
                         {"reason", std::string(name(why))},
                         {"from", from.text()},
                         {"why", std::string(kDiscardWords.at(static_cast<std::size_t>(why)))},
                         {"count", count}});
  });
}

void Chronicle::failed(TimePoint now, const std::string& event, const Error& error) {
  say(now, event, 1, [this, event, words = error.context](const std::string& count) {
    log::warning(event, {{"group", group_}, {"error", words}, {"count", count}});
  });
}

void Chronicle::foreign_owner(TimePoint now, const Announcement& announcement, std::uint64_t times) {
  say(now, "foreign owner", times, [this, announcement](const std::string& count) {
    log::warning("foreign_owner", {{"group", group_},
                                   {"address", announcement.address.text()},
                                   {"mac", text(announcement.mac)},
                                   {"why", "another host announced our address; announced again"},
                                   {"count", count}});
  });
}

void Chronicle::address_put_back(TimePoint now, const IpPrefix& address, const std::string& removed_by) {
  say(now, "put back", 1, [this, address, removed_by](const std::string& count) {
    log::warning(
        "address_put_back",
        {{"group", group_}, {"address", address.text()}, {"removed_by", removed_by}, {"count", count}});
  });
}

}  // namespace vip::vrrp

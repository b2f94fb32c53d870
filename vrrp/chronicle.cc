#include "vrrp/chronicle.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "common/sys/log.h"

namespace vip::vrrp {
namespace {

// Trouble that goes on for days is said as rarely as this; after so long without it, it is new again.
constexpr Duration kPauseLongest = std::chrono::minutes(10);

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
  if (known.said && now - known.happened >= kPauseLongest) known.pause = kPauseFirst;
  known.happened = now;
  known.unsaid += times;
  if (!known.said || now - *known.said >= known.pause) return say(now, known, tell);
  if (!known.tell) known.tell = tell;
}

void Chronicle::say_the_rest(TimePoint now) {
  for (auto& [kind, trouble] : troubles_) {
    if (trouble.unsaid == 0 || now - *trouble.said < trouble.pause) continue;
    say(now, trouble, std::exchange(trouble.tell, nullptr));
  }
}

void Chronicle::say(TimePoint now, Trouble& trouble, const auto& tell) {
  if (trouble.said && now - *trouble.said < kPauseLongest)
    trouble.pause = std::min(2 * trouble.pause, kPauseLongest);
  trouble.said = now;
  tell(std::to_string(std::exchange(trouble.unsaid, 0)));
  trouble.tell = nullptr;
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

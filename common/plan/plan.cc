#include "common/plan/plan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <set>
#include <system_error>
#include <utility>

namespace vip::plan {
namespace {

constexpr std::chrono::seconds kLeaseMin{2};
constexpr std::chrono::seconds kLeaseMax{86400};

constexpr std::array<std::string_view, 5> kAuthNames{"none", "password", "hmac-receive-only",
                                                     "hmac-permissive", "hmac"};

class Findings {
 public:
  void require(bool condition, std::string finding) {
    if (!condition) list_.push_back(std::move(finding));
  }
  // Where there are many: the words are made for what is found alone.
  template <std::invocable Words>
  void require(bool condition, Words words) {
    if (!condition) list_.push_back(words());
  }
  std::vector<std::string> take() && { return std::move(list_); }

 private:
  std::vector<std::string> list_;
};

bool interval_allowed(int version, std::chrono::milliseconds interval) {
  using std::chrono::milliseconds;
  if (version == 2)
    return interval >= milliseconds(1000) && interval <= milliseconds(255000) && interval.count() % 1000 == 0;
  return interval >= milliseconds(10) && interval <= milliseconds(40950) && interval.count() % 10 == 0;
}

void check_address(const Plan& plan, const std::string& name, Family family, const IpPrefix& prefix,
                   Findings& findings) {
  findings.require(prefix.address.family() == family,
                   name + ": " + prefix.text() + " is of another family than the router's first address");
  findings.require(prefix.address.is_host() && prefix.length > 0,
                   name + ": no host can own " + prefix.text());
  const bool is_a_members = std::ranges::any_of(plan.members, [&](const Member& member) {
    return member.address == prefix.address || member.address6 == prefix.address;
  });
  findings.require(!is_a_members, name + ": " + prefix.address.text() + " is a member's own address");
}

void check_routers(const Plan& plan, Findings& findings) {
  findings.require(!plan.routers.empty(), "routers: none; at least one is needed");
  std::set<std::pair<Family, Vrid>> vrids;
  const auto is_new = [&vrids](const Router& router, Vrid id) {
    return vrids.emplace(router.family(), id).second;
  };
  std::set<IpAddress> addresses;
  for (const auto& router : plan.routers) {
    const auto name = "router " + std::to_string(router.vrid.value);
    findings.require(router.vrid.value != 0, "vrid: 0; allowed are 1 to 255");
    findings.require(is_new(router, router.vrid), name + ": the vrid stands twice");
    if (router.also_vrid && *router.also_vrid != router.vrid) {
      auto also = name;
      also += ", also_vrid: " + std::to_string(router.also_vrid->value);
      findings.require(plan.also.has_value(), also + "; it needs the plan's `also`");
      findings.require(router.also_vrid->value != 0, also + "; allowed are 1 to 255");
      findings.require(is_new(router, *router.also_vrid), also + " stands twice");
    }
    findings.require(!router.addresses.empty(), name + ": no address");
    findings.require(router.addresses.size() <= kRouterAddressesMax,
                     name + ": more than " + std::to_string(kRouterAddressesMax) + " addresses");
    findings.require(plan.version == 3 || router.family() == Family::ipv4, name + ": IPv6 needs version 3");
    for (const auto& prefix : router.addresses) {
      check_address(plan, name, router.family(), prefix, findings);
      findings.require(addresses.insert(prefix.address).second,
                       name + ": " + prefix.address.text() + " stands twice");
    }
  }
}

// Whether members must have addresses of the family to speak from.
bool needs(const Plan& plan, Family family) {
  return plan.transport == Transport::unicast &&
         std::ranges::any_of(plan.routers, [&](const Router& router) { return router.family() == family; });
}

void check_priority(const std::string& name, Priority priority, std::set<Priority>& known,
                    Findings& findings) {
  const auto words = [&](std::string_view what) {
    return name + ": priority " + std::to_string(priority.value) + std::string(what);
  };
  findings.require(priority.value >= 1 && priority.value <= 254,
                   [&] { return words("; allowed are 1 to 254"); });
  findings.require(known.insert(priority).second, [&] { return words(" stands twice"); });
}

std::string name_of(const Member& member) {
  return "member " + (member.hostname.empty() ? member.id : member.hostname);
}

void check_members(const Plan& plan, Findings& findings) {
  findings.require(!plan.members.empty(), "members: none; a plan without members is never obeyed");
  std::set<std::string> ids;
  std::set<IpAddress> addresses;
  std::set<Priority> priorities;
  for (const auto& member : plan.members) {
    const auto name = name_of(member);
    findings.require(!member.id.empty(), [&] { return name + ": no id"; });
    findings.require(ids.insert(member.id).second, [&] { return name + ": the id stands twice"; });
    findings.require(addresses.insert(member.address).second,
                     [&] { return name + ": the address " + member.address.text() + " stands twice"; });
    findings.require(member.address.is_host(),
                     [&] { return name + ": " + member.address.text() + " cannot be a node's address"; });
    if (member.address6) {
      findings.require(member.address6->is_host() && member.address6->family() == Family::ipv6,
                       name + ": address6 " + member.address6->text() + " cannot be a node's IPv6 address");
      findings.require(addresses.insert(*member.address6).second,
                       name + ": the address " + member.address6->text() + " stands twice");
    }
    for (const auto family : {Family::ipv4, Family::ipv6}) {
      findings.require(!needs(plan, family) || member.address_of(family), [&] {
        return name + ": no address of " + std::string(vip::name(family)) +
               ", from which its unicast would come";
      });
    }
    check_priority(name, member.priority, priorities, findings);
  }
}

void check_priorities(const Plan& plan, Findings& findings) {
  for (const auto& router : plan.routers) {
    const std::string name = "router " + std::to_string(router.vrid.value) + ", ";
    for (const auto& [id, priority] : router.priorities) {
      auto stranger = name;
      stranger += "priorities: " + id + " is no member";
      findings.require(plan.member(id) != nullptr, std::move(stranger));
    }
    std::set<Priority> known;
    if (router.priorities.empty()) continue;
    for (const auto& member : plan.members) {
      auto whose = name;
      whose += name_of(member);
      check_priority(whose, priority_of(router, member), known, findings);
    }
  }
}

void check_auth(const std::string& where, int version, const Auth& auth, Findings& findings) {
  const bool has_secret = auth.mode != Auth::Mode::none;
  const bool signs_or_checks = has_secret && auth.mode != Auth::Mode::password;
  findings.require(!has_secret || !auth.file.empty(), where + ": no file for the secret");
  findings.require(!has_secret || (auth.mode == Auth::Mode::password) == (version == 2),
                   where + ": " + std::string(Auth::name(auth.mode)) +
                       "; a password goes with version 2, a key (hmac) with version 3");
  findings.require(auth.window.count() == 0 || signs_or_checks,
                   where + ".window_s: without a key nothing is signed, and there is no time to compare");
  findings.require(auth.accepts.empty() || signs_or_checks,
                   where + ".accepts: without a key there is nothing to compare");
}

void check_also(const Plan& plan, Findings& findings) {
  if (!plan.also) return;
  const auto& also = *plan.also;
  findings.require(also.version == 2 || also.version == 3,
                   "also.version: " + std::to_string(also.version) + "; allowed are 2 and 3");
  findings.require(also.version == 3 || interval_allowed(2, also.advert_interval),
                   "also.advert_interval_ms: " + std::to_string(also.advert_interval.count()) +
                       "; version 2 takes whole seconds from 1000 to 255000");
  findings.require(also.version == 2 || interval_allowed(3, plan.advert_interval),
                   "also.version: 3; it cannot say an interval of " +
                       std::to_string(plan.advert_interval.count()) + " ms, at most 40950");
  check_auth("also.auth", also.version, also.auth, findings);
  findings.require(also.version == 2 || plan.version == 2 || also.auth == plan.auth,
                   "also.auth: another one than `auth`; with version 3 in both there is one");
}

void check_checks(const Plan& plan, Findings& findings) {
  std::set<std::string> names;
  for (const auto& check : plan.checks) {
    findings.require(!check.name.empty(), "checks: one without a name");
    findings.require(names.insert(check.name).second, "checks: " + check.name + " stands twice");
    for (const auto& problem : vip::problems(check))
      findings.require(false, "checks: " + check.name + ": " + problem);
    const bool moves_nobody = check.weight != 0 && !plan.preempt;
    findings.require(!moves_nobody, "checks: " + check.name + ": weight " + std::to_string(check.weight) +
                                        " moves nobody where nobody preempts");
  }
}

void check_announce(const Announce& announce, Findings& findings) {
  findings.require(!announce.at.empty() && announce.at.size() <= kAnnounceCountMax,
                   "announce.at_ms: " + std::to_string(announce.at.size()) + " times; allowed are 1 to " +
                       std::to_string(kAnnounceCountMax));
  findings.require(std::ranges::adjacent_find(announce.at, std::ranges::greater_equal{}) == announce.at.end(),
                   "announce.at_ms: the times do not rise");
}

}  // namespace

std::optional<Auth::Mode> Auth::parse(std::string_view name) {
  const auto found = std::ranges::find(kAuthNames, name);
  if (found == kAuthNames.end()) return std::nullopt;
  return static_cast<Mode>(found - kAuthNames.begin());
}

std::string_view Auth::name(Mode mode) {
  return kAuthNames.at(static_cast<std::size_t>(mode));
}

std::optional<Lease> Lease::parse(std::string_view text) {
  if (text == kAuto) return Lease{};
  if (text == kOff) return Lease{.kind = Kind::off};
  if (!text.ends_with('s')) return std::nullopt;
  text.remove_suffix(1);
  std::int64_t count = 0;
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, count);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  const std::chrono::seconds fixed(count);
  if (fixed < kLeaseMin || fixed > kLeaseMax) return std::nullopt;
  return Lease{.kind = Kind::fixed, .fixed = fixed};
}

std::string Lease::text() const {
  switch (kind) {
    case Kind::automatic:
      return std::string(kAuto);
    case Kind::off:
      return std::string(kOff);
    case Kind::fixed:
      break;
  }
  return std::to_string(fixed.count()) + "s";
}

std::optional<IpAddress> Member::address_of(Family family) const {
  if (address.family() == family) return address;
  return family == Family::ipv6 ? address6 : std::nullopt;
}

Priority priority_of(const Router& router, const Member& member) {
  const auto found = router.priorities.find(member.id);
  return found == router.priorities.end() ? member.priority : found->second;
}

std::vector<Priority> levels(const Plan& plan, const Router& router) {
  std::optional<Priority> last_resort;
  std::optional<Priority> unserved;
  std::optional<Priority> first_choice;
  for (const auto& member : plan.members) {
    const auto priority = priority_of(router, member);
    if (member.standby) continue;  // it says nothing
    if (member.drained) last_resort = std::max(last_resort.value_or(priority), priority);
    if (member.unserved) unserved = std::max(unserved.value_or(priority), priority);
    if (member.preferred) first_choice = std::min(first_choice.value_or(priority), priority);
  }
  std::vector<Priority> levels;
  for (const auto& below : {last_resort, unserved})
    if (below) levels.emplace_back(static_cast<std::uint8_t>(below->value + 1));
  if (first_choice) levels.push_back(*first_choice);
  return levels;
}

std::vector<std::string> secret_files(const Plan& plan) {
  std::vector<std::string> files;
  const auto add = [&files](const std::string& file) {
    if (!file.empty() && std::ranges::find(files, file) == files.end()) files.push_back(file);
  };
  const auto add_all = [&add](const Auth& auth) {
    add(auth.file);
    for (const auto& file : auth.accepts) add(file);
  };
  add_all(plan.auth);
  if (plan.also) add_all(plan.also->auth);
  return files;
}

const Member* Plan::member(std::string_view id) const {
  const auto found = std::ranges::find(members, id, &Member::id);
  return found == members.end() ? nullptr : &*found;
}

bool same_but_generation(const Plan& a, const Plan& b) {
  Plan other = b;
  other.generation = a.generation;
  return a == other;
}

std::vector<std::string> problems(const Plan& plan) {
  Findings findings;
  findings.require(!plan.group.empty(), "group: empty");
  findings.require(plan.version == 2 || plan.version == 3,
                   "version: " + std::to_string(plan.version) + "; allowed are 2 and 3");
  findings.require(interval_allowed(plan.version, plan.advert_interval),
                   "advert_interval_ms: " + std::to_string(plan.advert_interval.count()) +
                       "; version 3 takes 10 to 40950 in steps of 10, version 2 whole "
                       "seconds from 1000 to 255000");
  findings.require(
      plan.preempt_delay.count() >= 0 && plan.preempt_delay <= std::chrono::seconds(1000),
      "preempt_delay_ms: " + std::to_string(plan.preempt_delay.count()) + "; allowed are 0 to 1000000");
  check_auth("auth", plan.version, plan.auth, findings);
  check_also(plan, findings);
  findings.require(!plan.any_source || plan.transport == Transport::unicast,
                   "sources: any; with multicast everybody on the interface counts anyway");
  findings.require(plan.checksum == Checksum::pseudo_header || plan.version == 3,
                   "checksum: message-only; version 2 has no other form");
  check_checks(plan, findings);
  check_announce(plan.announce, findings);
  check_routers(plan, findings);
  check_members(plan, findings);
  check_priorities(plan, findings);
  return std::move(findings).take();
}

}  // namespace vip::plan

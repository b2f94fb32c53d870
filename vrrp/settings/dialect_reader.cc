#include "vrrp/settings/dialect_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "common/base/text.h"
#include "common/settings/address_list.h"
#include "common/settings/nearest.h"
#include "vrrp/settings/agent_settings.h"

namespace vip::vrrp {
namespace {

using settings::Environment;
using std::chrono::milliseconds;

constexpr std::string_view kListForms =
    "a list such as #PYTHON2BASH:['192.0.2.1', '192.0.2.2'] or 192.0.2.1,192.0.2.2";

std::string_view without_quotes(std::string_view text) {
  text = trim(text);
  const bool quoted =
      text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.front() == text.back();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

Environment without_quotes(const Environment& env) {
  std::map<std::string, std::string, std::less<>> values;
  for (const auto& [name, value] : env.all()) values.emplace(name, without_quotes(value));
  return Environment(std::move(values));
}

// keepalived's word of a line: '!' and '#' begin a comment, double quotes keep blanks and both together.
std::string_view first_word(std::string_view text) {
  text = trim(text);
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    return text.substr(0, text.find('"'));
  }
  return text.substr(0, text.find_first_of(" \t\r\n!#\""));
}

// "1", "0.5": seconds, to the millisecond.
std::optional<milliseconds> parse_seconds(std::string_view text) {
  constexpr std::size_t kDigitsMax = 3;
  const auto point = text.find('.');
  const auto whole = parse_number<std::uint32_t>(text.substr(0, point));
  if (!whole) return std::nullopt;
  milliseconds time = std::chrono::seconds(*whole);
  if (point == std::string_view::npos) return time;
  std::string fraction(text.substr(point + 1));
  if (fraction.empty() || fraction.size() > kDigitsMax) return std::nullopt;
  fraction.resize(kDigitsMax, '0');
  const auto thousandths = parse_number<std::uint32_t>(fraction);
  if (!thousandths) return std::nullopt;
  return time + milliseconds(*thousandths);
}

bool is_known(std::string_view name, std::span<const std::string_view> known) {
  return std::ranges::any_of(known, [name](std::string_view one) {
    if (!one.ends_with('_')) return name == one;
    const auto number = name.substr(std::min(name.size(), one.size()));
    return name.starts_with(one) && !number.empty() &&
           number.find_first_not_of("0123456789") == std::string_view::npos;
  });
}

}  // namespace

DialectReader::DialectReader(const Environment& env, const FileExists& exists, settings::Findings& findings,
                             settings::Dialect dialect, std::string_view instance)
    : env_(without_quotes(env)), exists_(exists), findings_(findings) {
  config_.group = instance;
  config_.origin = settings::name(dialect);
  router_.protocol.preempt = true;
  router_.rules.listed_sources_only = false;  // keepalived believes any source
}

void DialectReader::warn_of_unknown(std::span<const std::string_view> known) {
  std::vector<std::string_view> names(known.begin(), known.end());
  std::ranges::transform(agent_settings(), std::back_inserter(names), &AgentSetting::name);
  for (const auto& entry : env_.all()) {
    const std::string_view name = entry.first;
    // Also the misspelt KEEPALVED_, which stands in a README that people copy from.
    if (!name.starts_with("KEEPAL") && !name.starts_with("SWARM_VIP_")) continue;
    if (!env_.has(name) || is_known(name, names)) continue;
    std::string nearest(settings::nearest(name, names));
    if (nearest.ends_with('_')) nearest += "1";
    findings_.warning(std::string(name) + ": no such setting of " + config_.origin +
                      "'s, ignoring; the nearest is " + nearest);
  }
}

// Set but empty, where keepalived would not start, means "find it".
void DialectReader::interface(std::string_view name, std::string_view fallback) {
  router_.interface_rule = env_.find(name) ? env_.text(name, plan::kAuto) : std::string(fallback);
  router_.interface_setting = name;
}

void DialectReader::router_id(std::string_view name, int fallback) {
  router_.protocol.vrid =
      Vrid(static_cast<std::uint8_t>(settings::number(env_, name, 1, 255, fallback, findings_)));
}

void DialectReader::priority(std::string_view name, int fallback) {
  router_.protocol.priority =
      Priority(static_cast<std::uint8_t>(settings::number(env_, name, 1, 255, fallback, findings_)));
}

DialectReader::FirstState DialectReader::first_state(std::string_view name, std::string_view fallback) {
  const auto state = env_.text(name, fallback);
  if (equal_fold(state, "MASTER")) return first_state_ = FirstState::master;
  if (equal_fold(state, "BACKUP")) return first_state_ = FirstState::backup;
  findings_.warning(std::string(name) + ": '" + state + "' is neither MASTER nor BACKUP, taking BACKUP");
  return first_state_ = FirstState::other;
}

void DialectReader::interval(std::string_view name) {
  interval_setting_ = name;
  const auto text = env_.text(name);
  if (text.empty()) return;
  const auto interval = parse_seconds(text);
  if (interval && *interval >= milliseconds(10) && *interval <= std::chrono::seconds(255)) {
    interval_ = *interval;
  } else {
    findings_.refuse(name, text, "seconds from 0.01 to 255, in VRRP version 2 whole ones");
  }
}

void DialectReader::source(std::string_view name) {
  const auto text = env_.text(name);
  router_.source_setting = name;
  if (text.empty()) return;
  const auto address = IpAddress::parse(text);
  if (address && address->is_host()) {
    router_.source = *address;
  } else {
    findings_.refuse(name, text, "an address of this host");
  }
}

void DialectReader::password(std::string_view name, std::string_view text) {
  password_setting_ = name;
  password_ = first_word(text);
  if (password_.size() < without_quotes(text).size()) {
    findings_.warning(std::string(name) +
                      ": only its first word counts, without what follows a blank, '!', '#' or a quote, as "
                      "keepalived reads it from its file");
  }
}

std::vector<std::string> DialectReader::items(std::string_view name) {
  auto list = settings::list_items(env_.text(name));
  if (list) return *std::move(list);
  findings_.error(std::string(name) + ": " + list.error().context);
  return {};
}

void DialectReader::address(std::string_view name, std::string_view item, Advertised advertised) {
  const auto parsed = settings::parse_address_item(item);
  if (!parsed) {
    findings_.error(std::string(name) + ": " + parsed.error().context);
    return;
  }
  const auto& prefix = parsed->prefix;
  if (!prefix.address.is_host() || prefix.length == 0) {
    findings_.refuse(name, item, "addresses that a host can have");
    return;
  }
  const auto same = [&prefix](const Read& read) { return read.prefix.address == prefix.address; };
  if (std::ranges::any_of(addresses_, same)) {
    findings_.refuse(name, prefix.address.text(), "each address once");
    return;
  }
  for (const auto& option : parsed->ignored) {
    findings_.warning(std::string(name) + ": '" + option + "' of " + prefix.address.text() +
                      " has no meaning here, ignoring");
  }
  addresses_.push_back({.name = std::string(name),
                        .prefix = prefix,
                        .interface = parsed->interface,
                        .advertised = advertised == Advertised::yes});
}

void DialectReader::addresses(std::string_view name) {
  if (!env_.has(name)) {
    findings_.error(std::string(name) + ": not set; needed is " + std::string(kListForms));
    return;
  }
  const auto faults = findings_.errors().size();
  const auto list = items(name);
  for (const auto& item : list) address(name, item);
  if (list.empty() && findings_.errors().size() == faults)
    findings_.refuse(name, env_.text(name), "at least one item: " + std::string(kListForms));
}

void DialectReader::peer(std::string_view name, std::string_view item) {
  const auto address = IpAddress::parse(item);
  if (!address || !address->is_host()) {
    findings_.refuse(name, item, "addresses of hosts, such as 192.0.2.1");
  } else if (std::ranges::find(router_.rules.peers, *address) == router_.rules.peers.end()) {
    router_.rules.peers.push_back(*address);
  }
}

void DialectReader::peers(std::string_view name) {
  for (const auto& item : items(name)) peer(name, item);
}

void DialectReader::unicast(std::string_view said) {
  peers_setting_ = said;
}

// keepalived says it five times at once and again after the delay; here each moment counts once, and the
// first second has some of its own.
void DialectReader::announce_again(std::chrono::seconds delay, std::chrono::seconds refresh) {
  auto& announcements = router_.protocol.announcements;
  if (std::ranges::find(announcements.at, Duration(delay)) == announcements.at.end())
    announcements.at.emplace_back(delay);
  announcements.refresh = refresh;
}

void DialectReader::ignored(std::string_view name, std::string_view why) {
  if (const auto value = env_.text(name); !value.empty())
    findings_.warning(std::string(name) + ": '" + value + "': " + std::string(why) + ", ignoring");
}

void DialectReader::mention_own_file(const std::string& path) {
  if (!path.empty() && exists_(path)) {
    findings_.warning(path +
                      " is there and is not read: swarm-vip takes the environment, or --config FILE "
                      "(packaging/doc/dialects.md)");
  }
}

// The first address that is advertised says the family; keepalived leaves out those of the other one.
void DialectReader::settle_addresses() {
  const auto first = std::ranges::find_if(addresses_, &Read::advertised);
  const auto family = first == addresses_.end() ? Family::ipv4 : first->prefix.address.family();
  auto& protocol = router_.protocol;
  for (const auto& read : addresses_) {
    if (read.advertised && read.prefix.address.family() != family) {
      findings_.warning(read.name + ": " + read.prefix.address.text() +
                        " is not of the first address' family, leaving it out as keepalived does; one router "
                        "is for one family (--config FILE has several)");
      continue;
    }
    if (protocol.addresses.size() == plan::kRouterAddressesMax) {
      findings_.error(read.name + ": more than " + std::to_string(plan::kRouterAddressesMax) + " addresses");
      break;
    }
    protocol.addresses.push_back(read.prefix);
    router_.addresses.push_back({.prefix = read.prefix, .interface = read.interface});
    if (!read.advertised) protocol.unadvertised.push_back(read.prefix.address);
  }
  protocol.version = family == Family::ipv6 ? Version::v3 : Version::v2;
}

void DialectReader::settle_peers() {
  auto& peers = router_.rules.peers;
  const auto family = router_.family();
  for (const auto& peer : std::vector(peers)) {
    if (peer.family() == family) continue;
    findings_.warning(peers_setting_ + ": " + peer.text() +
                      " is not of the addresses' family, leaving it out as keepalived does");
    std::erase(peers, peer);
  }
  if (router_.source && router_.source->family() != family) {
    findings_.refuse(router_.source_setting, router_.source->text(),
                     "an address of this host, of the virtual addresses' family");
  }
  if (!peers_setting_.empty() && !peers.empty()) {
    router_.transport = Transport::unicast;
    router_.rules.ttl_min = 0;  // keepalived asks for none
    return;
  }
  router_.transport = Transport::multicast;
  if (!peers_setting_.empty()) {
    findings_.warning(peers_setting_ +
                      ": nobody, so it speaks by multicast as keepalived does; who lists peers does not hear "
                      "that");
  }
}

void DialectReader::settle_password() {
  if (password_.empty()) return;
  auto& protocol = router_.protocol;
  if (protocol.version == Version::v3) {
    if (env_.has(password_setting_)) {
      findings_.warning(password_setting_ +
                        ": addresses of IPv6 mean VRRP version 3, which has no password, ignoring");
    }
    return;
  }
  const auto password = settings::wire_password(password_setting_, password_, findings_);
  protocol.auth_type = AuthType::password;
  protocol.auth = auth_data(password);
}

// Version 2 counts in seconds; keepalived rounds, to one at least.
void DialectReader::settle_interval() {
  using std::chrono::seconds;
  auto& protocol = router_.protocol;
  if (protocol.version == Version::v3) {
    constexpr milliseconds kLongest{40'950};
    if (interval_ > kLongest)
      findings_.refuse(interval_setting_, text(interval_setting_), "with addresses of IPv6 up to 40.95");
    protocol.advert_interval = std::max(milliseconds(10), interval_ - interval_ % milliseconds(10));
    return;
  }
  const auto whole = std::max(seconds(1), std::chrono::floor<seconds>(interval_ + milliseconds(500)));
  if (whole != interval_) {
    findings_.warning(interval_setting_ + ": VRRP version 2 has whole seconds, taking " +
                      std::to_string(whole.count()) + " as keepalived does");
  }
  protocol.advert_interval = whole;
}

void DialectReader::lease() {
  constexpr std::string_view kName = "SWARM_VIP_LEASE";
  const auto lease = env_.text(kName, plan::kAuto);
  if (const auto parsed = plan::Lease::parse(lease)) {
    config_.lease = *parsed;
  } else {
    findings_.refuse(kName, lease, "auto, off, or whole seconds from 2s to 86400s");
  }
}

AgentConfig DialectReader::finish() {
  auto& protocol = router_.protocol;
  settle_addresses();
  settle_peers();
  settle_password();
  settle_interval();
  lease();
  read_listen(env_, config_.status_place, findings_);
  // keepalived: MASTER shortens only the first wait, and neither it nor the owner goes together with
  // nopreempt.
  if (first_state_ == FirstState::master) {
    protocol.preempt = true;
    protocol.start_wait = protocol.advert_interval + Duration(std::chrono::seconds(1)) / 256;
  }
  if (protocol.priority == kPriorityOwner) protocol.preempt = true;
  config_.mark_name = config_.group + ":" + std::to_string(protocol.vrid.value);
  config_.routers.push_back(std::move(router_));
  return std::move(config_);
}

}  // namespace vip::vrrp

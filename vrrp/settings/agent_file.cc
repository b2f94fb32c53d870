#include "vrrp/settings/agent_file.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "common/base/auth_key.h"
#include "common/base/text.h"
#include "common/settings/address_list.h"
#include "common/settings/json_file.h"
#include "common/settings/nearest.h"
#include "vrrp/settings/agent_settings.h"

namespace vip::vrrp {
namespace {

using nlohmann::json;
using settings::Environment;
using settings::Findings;
using std::chrono::milliseconds;

constexpr std::string_view kSchema = "$schema";  // where editors look for one
constexpr auto kTop = std::to_array<std::string_view>(
    {kSchema, "name", "lease", "status_address", "status_port", "auth", "routers", "checks", "notify"});
constexpr auto kAuth = std::to_array<std::string_view>({"mode", "key_file", "accepts", "window"});
constexpr auto kRouter = std::to_array<std::string_view>(
    {"router_id",   "addresses",        "unadvertised",    "interface",     "source",     "version",
     "priority",    "advert_interval",  "transport",       "peers",         "any_source", "ttl_min",
     "checksum",    "password_file",    "preempt",         "preempt_delay", "start_wait", "start_grace",
     "announce_at", "announce_refresh", "duplicate_check", "virtual_mac",   "accept",     "sync"});
constexpr auto kCheck =
    std::to_array<std::string_view>({"name", "kind", "interface", "address", "port", "path", "url", "host",
                                     "statuses", "script", "interval", "timeout", "rise", "fall", "weight"});
constexpr auto kNotify =
    std::to_array<std::string_view>({"any", "active", "backup", "fault", "stop", "timeout"});

constexpr milliseconds kDay = std::chrono::hours(24);

struct Range {
  std::int64_t low;
  std::int64_t high;
};

// One object of the file: typed values, and a fault with its place for each that is none. What is wrong is
// its fallback from there on, so that all faults are found.
class ObjectReader {
 public:
  ObjectReader(const json& object, std::string where, FileObject kind, Findings& findings)
      : object_(object), where_(std::move(where)), findings_(findings) {
    if (!object_.is_object()) {
      fault("", "not an object");
      return;
    }
    for (const auto& [key, value] : object_.items()) {
      const auto known = keys_of(kind);
      if (std::ranges::find(known, key) != known.end()) continue;
      if (key == "password" || key == "key") {
        fault(key, "a secret does not belong in this file; " + key + "_file names one that has it");
      } else {
        fault(key, "no such setting; did you mean " + std::string(settings::nearest(key, known)) + "?");
      }
    }
  }

  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  [[nodiscard]] std::string place(std::string_view key) const {
    return key.empty() ? where_.substr(0, where_.find_last_not_of(" .:") + 1) : where_ + std::string(key);
  }

  // Without a key: of the object as a whole.
  void fault(std::string_view key, const std::string& what) { findings_.error(place(key) + ": " + what); }
  void refuse(std::string_view key, const std::string& value, std::string_view allowed) {
    findings_.refuse(place(key), value, allowed);
  }

  std::string text(std::string_view key, std::string_view fallback = "") {
    const auto* const value = find(key);
    if (value == nullptr) return std::string(fallback);
    if (value->is_string()) return value->get<std::string>();
    refuse(key, value->dump(), "a text");
    return std::string(fallback);
  }

  std::string required_text(std::string_view key) {
    if (!has(key)) fault(key, "is missing");
    return text(key);
  }

  std::int64_t number(std::string_view key, Range range, std::int64_t fallback) {
    const auto* const value = find(key);
    if (value == nullptr) return fallback;
    if (value->is_number_integer()) {
      const auto number = value->get<std::int64_t>();
      if (number >= range.low && number <= range.high) return number;
    }
    refuse(key, value->dump(),
           "a whole number from " + std::to_string(range.low) + " to " + std::to_string(range.high));
    return fallback;
  }

  bool flag(std::string_view key, bool fallback) {
    const auto* const value = find(key);
    if (value == nullptr) return fallback;
    if (value->is_boolean()) return value->get<bool>();
    refuse(key, value->dump(), "true or false");
    return fallback;
  }

  milliseconds duration(std::string_view key, const settings::DurationRange& range, milliseconds fallback) {
    const auto* const value = find(key);
    if (value == nullptr) return fallback;
    const auto parsed = value->is_string() ? parse_duration(value->get<std::string>()) : std::nullopt;
    if (parsed && *parsed >= range.low && *parsed <= range.high) return *parsed;
    refuse(key, shown(*value),
           "a duration from " + duration_text(range.low) + " to " + duration_text(range.high) +
               ", such as 500ms, 5s or 2m");
    return fallback;
  }

  // One of the words, by its number; the first when it is not said.
  std::size_t choice(std::string_view key, std::span<const std::string_view> words) {
    const auto* const value = find(key);
    if (value == nullptr) return 0;
    const auto said = shown(*value);
    const auto found = std::ranges::find(words, said);
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    refuse(key, said, join({words.begin(), words.end()}, ", "));
    return 0;
  }

  // A list of texts, or one text alone.
  std::vector<std::string> texts(std::string_view key) {
    const auto* const value = find(key);
    if (value == nullptr) return {};
    if (value->is_string()) return {value->get<std::string>()};
    const bool is_list =
        value->is_array() && std::ranges::all_of(*value, [](const json& item) { return item.is_string(); });
    if (is_list) return value->get<std::vector<std::string>>();
    refuse(key, value->dump(), "a list of texts");
    return {};
  }

  std::optional<IpAddress> address(std::string_view key) {
    const auto said = text(key);
    if (said.empty()) return std::nullopt;
    const auto parsed = IpAddress::parse(said);
    if (!parsed || !parsed->is_host()) refuse(key, said, "an address such as 192.0.2.11");
    return parsed;
  }

  // The objects of a list, each with its place.
  void each(std::string_view key, const std::function<void(const json&, const std::string&)>& read) {
    const auto* const value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) return refuse(key, value->dump(), "a list of objects");
    for (std::size_t i = 0; i < value->size(); ++i)
      read(value->at(i), place(key) + "[" + std::to_string(i) + "].");
  }

  [[nodiscard]] const json* find(std::string_view key) const {
    const auto found = object_.is_object() ? object_.find(key) : object_.end();
    return object_.is_object() && found != object_.end() ? &*found : nullptr;
  }

 private:
  static std::string shown(const json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  }

  const json& object_;
  std::string where_;  // "/vip.json: routers[0]."
  Findings& findings_;
};

class AgentFileReader {
 public:
  AgentFileReader(std::string path, const ReadFile& read_file, const Environment& env, Findings& findings)
      : path_(std::move(path) + ": "), read_file_(read_file), env_(env), findings_(findings) {}

  AgentConfig read(const json& document) {
    ObjectReader top(document, path_, FileObject::top, findings_);
    if (!document.is_object()) return {};
    config_.origin = "file";
    config_.group = top.text("name", "vip");
    if (config_.group.empty() || config_.group.size() > kNameMax)
      top.refuse("name", config_.group, "1 to 64 characters");
    config_.mark_name = config_.group;
    read_lease(top);
    read_status(top);
    if (const auto* const auth = top.find("auth")) read_auth(*auth);
    if (!top.has("routers")) top.fault("routers", "is missing");
    top.each("routers", [this](const json& router, const std::string& where) { read_router(router, where); });
    if (top.has("routers") && config_.routers.empty()) top.refuse("routers", "[]", "at least one router");
    top.each("checks", [this](const json& check, const std::string& where) { read_check(check, where); });
    if (const auto* const notify = top.find("notify")) read_notify(*notify);
    compare_routers();
    settle_auth();
    return std::move(config_);
  }

 private:
  static constexpr std::size_t kNameMax = 64;
  static constexpr std::string_view kVersion2Interval = "with VRRP version 2 whole seconds from 1s to 255s";
  static constexpr std::string_view kVersion3Interval = "10ms to 40950ms in steps of 10ms";

  void read_lease(ObjectReader& top) {
    constexpr std::string_view kVariable = "SWARM_VIP_LEASE";
    constexpr std::string_view kAllowed = "auto, off, or whole seconds from 2s to 86400s";
    const bool of_environment = env_.has(kVariable);
    const auto said = of_environment ? env_.text(kVariable) : top.text("lease", plan::kAuto);
    const auto lease = plan::Lease::parse(said);
    config_.lease = lease.value_or(plan::Lease{});
    if (!lease)
      findings_.refuse(of_environment ? std::string(kVariable) : top.place("lease"), said, kAllowed);
  }

  void read_status(ObjectReader& top) {
    const auto address = top.address("status_address");
    if (top.has("status_port"))
      config_.status_port = static_cast<std::uint16_t>(top.number("status_port", {1, 65535}, 9112));
    if (address && !config_.status_port) top.fault("status_port", "is missing");
    if (address && config_.status_port)
      config_.status_place = {.address = *address, .port = *config_.status_port};
    read_listen(env_, config_.status_place, findings_);
  }

  void add_keys(const std::string& place, const std::string& file) {
    const auto content = read_file_(file);
    if (!content) return findings_.error(place + ": " + content.error().context);
    auto keys = read_keys(*content);
    if (!keys) return findings_.error(place + ": " + file + ": " + keys.error().context);
    std::ranges::move(*keys, std::back_inserter(config_.auth.keys));
  }

  void read_auth(const json& object) {
    ObjectReader auth(object, path_ + "auth.", FileObject::auth, findings_);
    const auto said = auth.text("mode", "hmac");
    const auto mode = plan::Auth::parse(said);
    if (!mode || *mode == plan::Auth::Mode::password)
      return auth.refuse("mode", said, "hmac, hmac-permissive, hmac-receive-only or none");
    config_.auth.mode = auth_mode(*mode);
    config_.auth.window = std::chrono::duration_cast<std::chrono::seconds>(
        auth.duration("window", {milliseconds(0), plan::kWindowMax}, milliseconds(0)));
    if (config_.auth.mode == AuthMode::off) return;
    if (const auto file = auth.required_text("key_file"); !file.empty())
      add_keys(auth.place("key_file"), file);
    for (const auto& file : auth.texts("accepts")) add_keys(auth.place("accepts"), file);
    if (!config_.auth.keys.empty()) config_.auth.sending_key = config_.auth.keys.front().id;
  }

  void read_router(const json& object, const std::string& where) {
    ObjectReader reader(object, where, FileObject::router, findings_);
    RouterSettings router;
    auto& protocol = router.protocol;
    if (!reader.has("router_id")) reader.fault("router_id", "is missing");
    protocol.vrid = Vrid(static_cast<std::uint8_t>(reader.number("router_id", {1, 255}, 1)));
    read_addresses(reader, router);
    protocol.version = reader.number("version", {2, 3}, 3) == 2 ? Version::v2 : Version::v3;
    if (protocol.version == Version::v2 && router.family() == Family::ipv6)
      reader.refuse("version", "2", "with addresses of IPv6 3");
    protocol.priority = Priority(static_cast<std::uint8_t>(reader.number("priority", {1, 255}, 100)));
    read_interval(reader, protocol);
    read_peers(reader, router);
    read_password(reader, protocol);
    read_timing(reader, protocol);
    router.interface_rule = reader.text("interface", plan::kAuto);
    router.interface_setting = reader.place("interface");
    if (router.interface_rule != plan::kAuto) router.network = router.interface_rule;
    router.source = reader.address("source");
    router.source_setting = reader.place("source");
    if (router.source && router.source->family() != router.family())
      reader.refuse("source", router.source->text(), "an address of the addresses' family");
    router.checks_duplicates = reader.flag("duplicate_check", true);
    router.virtual_mac = reader.flag("virtual_mac", false);
    router.accept = reader.flag("accept", true);
    router.sync_group = reader.text("sync");
    config_.routers.push_back(std::move(router));
  }

  void read_addresses(ObjectReader& reader, RouterSettings& router) {
    auto& protocol = router.protocol;
    const auto add = [&](std::string_view key, bool advertised) {
      for (const auto& item : reader.texts(key)) {
        const auto parsed = settings::parse_address_item(item);
        if (!parsed) {
          reader.fault(key, parsed.error().context);
          continue;
        }
        const auto& prefix = parsed->prefix;
        const bool fits = protocol.addresses.empty() || prefix.address.family() == router.family();
        if (!prefix.address.is_host() || prefix.length == 0) {
          reader.refuse(key, item, "addresses that a host can have");
        } else if (advertised && !fits) {
          reader.refuse(key, item, "addresses of one family; the other one's in a router of their own");
        } else if (std::ranges::find(protocol.addresses, prefix.address, &IpPrefix::address) !=
                   protocol.addresses.end()) {
          reader.refuse(key, item, "each address once");
        } else {
          protocol.addresses.push_back(prefix);
          router.addresses.push_back({.prefix = prefix, .interface = parsed->interface});
          if (!advertised) protocol.unadvertised.push_back(prefix.address);
        }
        for (const auto& option : parsed->ignored)
          findings_.warning(reader.place(key) + ": '" + option + "' has no meaning here, ignoring");
      }
    };
    add("addresses", true);
    if (protocol.addresses.empty())
      reader.fault("addresses", "needed is at least one, such as 192.0.2.100/24");
    add("unadvertised", false);
    if (protocol.addresses.size() > plan::kRouterAddressesMax)
      reader.fault("addresses", "more than " + std::to_string(plan::kRouterAddressesMax));
  }

  void read_interval(ObjectReader& reader, RouterConfig& protocol) {
    constexpr std::string_view kKey = "advert_interval";
    const bool version2 = protocol.version == Version::v2;
    const milliseconds fallback(version2 ? 1000 : 250);
    const auto said = reader.text(kKey, duration_text(fallback));
    const auto interval = parse_duration(said);
    const milliseconds step(version2 ? 1000 : 10);
    const milliseconds longest(version2 ? 255'000 : 40'950);
    const bool fits =
        interval && *interval >= step && *interval <= longest && *interval % step == milliseconds(0);
    if (!fits) reader.refuse(kKey, said, version2 ? kVersion2Interval : kVersion3Interval);
    protocol.advert_interval = fits ? *interval : fallback;
  }

  void read_peers(ObjectReader& reader, RouterSettings& router) {
    constexpr auto kTransports = std::to_array<std::string_view>({"unicast", "multicast"});
    constexpr auto kChecksums = std::to_array<std::string_view>({"pseudo-header", "message-only"});
    auto& peers = router.rules.peers;
    for (const auto& item : reader.texts("peers")) {
      const auto address = IpAddress::parse(item);
      if (!address || !address->is_host() || address->family() != router.family()) {
        reader.refuse("peers", item, "addresses of hosts, of the addresses' family");
      } else if (std::ranges::find(peers, *address) == peers.end()) {
        peers.push_back(*address);
      }
    }
    const bool multicast =
        reader.has("transport") ? reader.choice("transport", kTransports) == 1 : !reader.has("peers");
    router.transport = multicast ? Transport::multicast : Transport::unicast;
    if (multicast && !peers.empty())
      reader.fault("peers", "by multicast there are none; leave out one of both");
    if (!multicast && peers.empty())
      reader.fault("peers", "is missing; by unicast it says who the others are");
    router.rules.listed_sources_only = !multicast && !reader.flag("any_source", false);
    router.rules.ttl_min = static_cast<std::uint8_t>(reader.number("ttl_min", {0, 255}, 255));
    if (reader.choice("checksum", kChecksums) == 1) router.checksum = ChecksumForm::message_only;
  }

  void read_password(ObjectReader& reader, RouterConfig& protocol) {
    constexpr std::string_view kKey = "password_file";
    const auto file = reader.text(kKey);
    if (file.empty()) return;
    if (protocol.version != Version::v2)
      return reader.fault(kKey, "VRRP version 3 has no password; auth.key_file names a key");
    const auto content = read_file_(file);
    if (!content) return reader.fault(kKey, content.error().context);
    const std::string password(trim(*content));
    if (password.empty()) return reader.fault(kKey, file + ": empty");
    protocol.auth_type = AuthType::password;
    protocol.auth = auth_data(settings::wire_password(reader.place(kKey), password, findings_));
  }

  void read_timing(ObjectReader& reader, RouterConfig& protocol) {
    constexpr milliseconds kNone{0};
    constexpr milliseconds kPreemptMax{1'000'000};
    protocol.preempt = reader.flag("preempt", true);
    protocol.preempt_delay = reader.duration("preempt_delay", {kNone, kPreemptMax}, milliseconds(5000));
    protocol.start_wait = reader.has("start_wait") ? reader.duration("start_wait", {kNone, kDay}, kNone)
                                                   : careful_start_wait(protocol);
    protocol.start_grace = reader.duration("start_grace", {kNone, kDay}, kNone);
    auto& announcements = protocol.announcements;
    announcements.refresh = reader.duration("announce_refresh", {kNone, kDay}, milliseconds(60'000));
    if (!reader.has("announce_at")) return;
    announcements.at.clear();
    for (const auto& item : reader.texts("announce_at")) {
      const auto at = parse_duration(item);
      if (at && *at <= kDay) {
        announcements.at.emplace_back(*at);
      } else {
        reader.refuse("announce_at", item, "durations after the claim, such as 0ms, 500ms, 5s");
      }
    }
    std::ranges::sort(announcements.at);
    if (announcements.at.empty() || announcements.at.size() > plan::kAnnounceCountMax)
      reader.fault("announce_at", "needed are 1 to " + std::to_string(plan::kAnnounceCountMax) + " moments");
  }

  void read_check(const json& object, const std::string& where) {
    constexpr auto kKinds =
        std::to_array<std::string_view>({"interface", "listening", "tcp", "http", "script"});
    ObjectReader reader(object, where, FileObject::check, findings_);
    if (!reader.has("kind"))
      return reader.fault("kind", "is missing; interface, listening, tcp, http or script");
    CheckSettings check{.kind = static_cast<CheckKind>(reader.choice("kind", kKinds))};
    check.name = reader.text("name", kKinds.at(static_cast<std::size_t>(check.kind)));
    if (!read_target(reader, check)) return;
    check.interval = reader.duration("interval", {kCheckIntervalMin, kCheckIntervalMax}, check.interval);
    check.timeout = reader.duration("timeout", {kCheckTimeoutMin, check.interval},
                                    std::min(check.timeout, check.interval));
    check.rise = static_cast<int>(reader.number("rise", {1, kCheckCountMax}, check.rise));
    check.fall = static_cast<int>(reader.number("fall", {1, kCheckCountMax}, check.fall));
    check.weight = static_cast<int>(reader.number("weight", {-kCheckWeightMax, kCheckWeightMax}, 0));
    for (const auto& problem : problems(check)) reader.fault("", problem);
    if (std::ranges::find(config_.checks, check.name, &CheckSettings::name) != config_.checks.end())
      reader.refuse("name", check.name, "each check with a name of its own");
    config_.checks.push_back(std::move(check));
  }

  // What it looks at, and that nothing is said that it does not look at. False when it looks at nothing.
  static bool read_target(ObjectReader& reader, CheckSettings& check) {
    const bool is_asked_by_url = reader.has("url");
    using Keys = std::set<std::string_view>;
    const std::map<CheckKind, std::pair<Keys, std::string_view>> targets{
        {CheckKind::interface, {{"interface"}, "interface"}},
        {CheckKind::listening, {{"port", "address"}, "port"}},
        {CheckKind::tcp, {{"port", "address"}, "port"}},
        {CheckKind::http,
         is_asked_by_url
             ? std::pair(Keys{"url", "host", "statuses"}, std::string_view("url"))
             : std::pair(Keys{"port", "address", "path", "host", "statuses"}, std::string_view("port"))},
        {CheckKind::script, {{"script"}, "script"}}};
    const auto& [allowed, needed] = targets.at(check.kind);
    for (const std::string_view key :
         {"interface", "address", "port", "path", "url", "host", "statuses", "script"}) {
      if (reader.has(key) && !allowed.contains(key))
        reader.fault(key, "has no meaning for this kind of check");
    }
    if (!reader.has(needed)) {
      reader.fault(needed, "is missing");
      return false;
    }
    check.interface = reader.text("interface");
    check.address = reader.address("address");
    if (reader.has("port")) check.port = static_cast<std::uint16_t>(reader.number("port", {1, 65535}, 1));
    check.path = reader.text("path", "/");
    check.url = reader.text("url");
    if (is_asked_by_url && !check.url.starts_with("http://") && !check.url.starts_with("https://"))
      reader.refuse("url", check.url, "http://... or https://...");
    check.host = reader.text("host");
    check.script = reader.text("script");
    if (reader.has("statuses")) read_statuses(reader, check.statuses);
    return true;
  }

  static void read_statuses(ObjectReader& reader, CheckSettings::Statuses& statuses) {
    const auto said = reader.text("statuses");
    if (const auto parsed = parse_statuses(said)) {
      statuses = *parsed;
    } else {
      reader.refuse("statuses", said, "a status or a range of them, such as 200 or 200-399");
    }
  }

  void read_notify(const json& object) {
    ObjectReader reader(object, path_ + "notify.", FileObject::notify, findings_);
    auto& notify = config_.notify;
    notify.any = reader.text("any");
    notify.active = reader.text("active");
    notify.backup = reader.text("backup");
    notify.fault = reader.text("fault");
    notify.stop = reader.text("stop");
    notify.timeout = reader.duration("timeout", {milliseconds(100), kDay}, notify.timeout);
  }

  void compare_routers() {
    const bool any_preempts = std::ranges::any_of(
        config_.routers, [](const RouterSettings& router) { return router.protocol.preempt; });
    for (const auto& check : config_.checks) {
      if (check.weight != 0 && !any_preempts) {
        findings_.warning(path_ + "checks: " + check.name +
                          ": without preemption a weight moves nobody here");
      }
    }
    std::set<IpAddress> addresses;
    for (std::size_t i = 0; i < config_.routers.size(); ++i) {
      const auto where = path_ + "routers[" + std::to_string(i) + "].";
      const auto& router = config_.routers[i];
      const auto before = std::span(config_.routers).first(i);
      if (std::ranges::any_of(before, [&](const auto& other) { return is_taken_by(other, router); })) {
        findings_.refuse(where + "router_id", std::to_string(router.protocol.vrid.value),
                         "each once for each family, or on interfaces that both name");
      }
      for (const auto& prefix : router.protocol.addresses) {
        if (!addresses.insert(prefix.address).second)
          findings_.refuse(where + "addresses", prefix.text(), "each address in one router");
      }
    }
  }

  // An id is of one network. The virtual MAC is made from it, and so is the name of its interface.
  static bool is_taken_by(const RouterSettings& one, const RouterSettings& other) {
    if (one.protocol.vrid != other.protocol.vrid || one.family() != other.family()) return false;
    const bool apart = !one.network.empty() && !other.network.empty() && one.network != other.network;
    return !apart || one.virtual_mac || other.virtual_mac;
  }

  // There is one set of keys; who speaks version 2 has none.
  void settle_auth() {
    if (config_.auth.mode == AuthMode::off) return;
    const auto is_v3 = [](const RouterSettings& router) { return router.protocol.version == Version::v3; };
    config_.auth.insists =
        config_.auth.mode == AuthMode::enforce && std::ranges::all_of(config_.routers, is_v3);
    if (!config_.routers.empty() && std::ranges::none_of(config_.routers, is_v3))
      findings_.error(path_ + "auth: keys are of VRRP version 3, which no router here speaks");
  }

  std::string path_;
  const ReadFile& read_file_;
  const Environment& env_;
  Findings& findings_;
  AgentConfig config_;
};

}  // namespace

std::span<const std::string_view> keys_of(FileObject object) {
  switch (object) {
    case FileObject::auth:
      return kAuth;
    case FileObject::router:
      return kRouter;
    case FileObject::check:
      return kCheck;
    case FileObject::notify:
      return kNotify;
    case FileObject::top:
      break;
  }
  return kTop;
}

AgentConfig config_from_file(std::string_view text, const std::string& path, const ReadFile& read_file,
                             const Environment& env, Findings& findings) {
  const auto document = settings::parse_settings_file(text, path, findings);
  if (!findings.ok()) return {};
  return AgentFileReader(path, read_file, env, findings).read(document);
}

}  // namespace vip::vrrp

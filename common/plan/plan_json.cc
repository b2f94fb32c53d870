// The plan's JSON form. The only file of common/plan that knows the JSON library.
#include <algorithm>
#include <array>
#include <utility>

#include <nettle/sha2.h>
#include <nlohmann/json.hpp>

#include "common/base/text.h"
#include "common/plan/plan.h"

namespace vip::plan {
namespace {

using nlohmann::json;

// Reads members of one JSON object, remembering every fault instead of stopping at the first.
class ObjectReader {
 public:
  ObjectReader(const json& object, std::string where, std::vector<std::string>& faults)
      : object_(object), where_(std::move(where)), faults_(faults) {}

  std::string text(const char* key, const std::optional<std::string>& fallback = std::nullopt) {
    const json* const value = find(key, fallback.has_value());
    if (value == nullptr) return fallback.value_or("");
    if (!value->is_string()) return fault(key, "is not a text"), "";
    return value->get<std::string>();
  }

  std::int64_t number(const char* key, std::int64_t low, std::int64_t high,
                      std::optional<std::int64_t> fallback = std::nullopt) {
    const json* const value = find(key, fallback.has_value());
    if (value == nullptr) return fallback.value_or(low);
    const bool fits =
        value->is_number_integer() && value->get<std::int64_t>() >= low && value->get<std::int64_t>() <= high;
    if (!fits) {
      fault(key, value->dump() + " is not a whole number from " + std::to_string(low) + " to " +
                     std::to_string(high));
      return low;
    }
    return value->get<std::int64_t>();
  }

  bool flag(const char* key, std::optional<bool> fallback = std::nullopt) {
    const json* const value = find(key, fallback.has_value());
    if (value == nullptr) return fallback.value_or(false);
    if (!value->is_boolean()) return fault(key, "is neither true nor false"), false;
    return value->get<bool>();
  }

  // One of the names, as its place among them.
  template <typename Enum, std::size_t Count>
  Enum choice(const char* key, const std::array<std::string_view, Count>& names, Enum fallback) {
    const auto name = text(key, std::string(names.at(static_cast<std::size_t>(fallback))));
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) return static_cast<Enum>(found - names.begin());
    const std::vector<std::string> allowed(names.begin(), names.end());
    fault(key, "'" + name + "'; allowed are " + join(allowed, ", "));
    return fallback;
  }

  [[nodiscard]] bool has(const char* key) const { return object_.is_object() && object_.contains(key); }

  const json& array(const char* key) {
    static const json kEmpty = json::array();
    const json* const value = find(key, false);
    if (value == nullptr) return kEmpty;
    if (!value->is_array()) return fault(key, "is not a list"), kEmpty;
    return *value;
  }

  const json& object(const char* key) {
    static const json kEmpty = json::object();
    const json* const value = find(key, false);
    return value == nullptr ? kEmpty : *value;
  }

  void fault(const std::string& key, const std::string& what) {
    faults_.push_back(where_ + key + ": " + what);
  }

 private:
  const json* find(const char* key, bool optional) {
    if (!object_.is_object() || !object_.contains(key)) {
      if (!optional) fault(key, "is missing");
      return nullptr;
    }
    return &object_.at(key);
  }

  const json& object_;
  std::string where_;
  std::vector<std::string>& faults_;
};

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kPriorityMax = 254;
constexpr std::array<std::string_view, 2> kTransports{"unicast", "multicast"};
constexpr std::array<std::string_view, 2> kChecksums{"pseudo-header", "message-only"};
constexpr std::array<std::string_view, 2> kSources{"peers", "any"};

Router read_router(const json& object, std::vector<std::string>& faults) {
  ObjectReader reader(object, "routers.", faults);
  Router router{.vrid = Vrid(static_cast<std::uint8_t>(reader.number("vrid", 1, 255))),
                .addresses = {},
                .sync = reader.text("sync", "")};
  if (reader.has("also_vrid"))
    router.also_vrid = Vrid(static_cast<std::uint8_t>(reader.number("also_vrid", 1, 255)));
  for (const auto& entry : reader.array("addresses")) {
    const auto prefix = entry.is_string() ? IpPrefix::parse(entry.get<std::string>()) : std::nullopt;
    if (prefix) {
      router.addresses.push_back(*prefix);
    } else {
      reader.fault("addresses", entry.dump() + " is not an address");
    }
  }
  if (!reader.has("priorities")) return router;
  const auto& priorities = reader.object("priorities");
  ObjectReader by_member(priorities, "routers.priorities.", faults);
  if (!priorities.is_object()) reader.fault("priorities", priorities.dump() + " is not an object");
  for (const auto& [id, priority] : priorities.items()) {
    router.priorities.emplace(
        id, Priority(static_cast<std::uint8_t>(by_member.number(id.c_str(), 1, kPriorityMax))));
  }
  return router;
}

Member read_member(const json& object, std::vector<std::string>& faults) {
  ObjectReader reader(object, "members.", faults);
  Member member{.id = reader.text("id"),
                .hostname = reader.text("hostname"),
                .address = {},
                .address6 = std::nullopt,
                .priority = Priority(static_cast<std::uint8_t>(reader.number("priority", 1, kPriorityMax))),
                .interface = reader.text("interface", ""),
                .standby = reader.flag("standby", false),
                .drained = reader.flag("drained", false),
                .preferred = reader.flag("preferred", false),
                .unserved = reader.flag("unserved", false)};
  const auto text = reader.text("address");
  if (const auto address = IpAddress::parse(text)) {
    member.address = *address;
  } else {
    reader.fault("address", "'" + text + "' is not an address");
  }
  if (const auto text6 = reader.text("address6", ""); !text6.empty()) {
    member.address6 = IpAddress::parse(text6);
    if (!member.address6) reader.fault("address6", "'" + text6 + "' is not an address");
  }
  return member;
}

Announce read_announce(const json& object, std::vector<std::string>& faults) {
  ObjectReader reader(object, "announce.", faults);
  if (!object.is_object()) reader.fault("at_ms, refresh_ms", object.dump() + " is not an object");
  Announce announce;
  announce.refresh =
      std::chrono::milliseconds(reader.number("refresh_ms", 0, kDayMs, announce.refresh.count()));
  if (!reader.has("at_ms")) return announce;
  announce.at.clear();
  for (const auto& entry : reader.array("at_ms")) {
    const bool fits =
        entry.is_number_integer() && entry.get<std::int64_t>() >= 0 && entry.get<std::int64_t>() <= kDayMs;
    if (fits) {
      announce.at.emplace_back(entry.get<std::int64_t>());
    } else {
      reader.fault("at_ms", entry.dump() + " is not a number of milliseconds");
    }
  }
  return announce;
}

void read_wire(ObjectReader& reader, Plan& plan) {
  plan.transport = reader.choice("transport", kTransports, plan.transport);
  plan.any_source = reader.choice("sources", kSources, 0) == 1;
  plan.ttl_min = static_cast<std::uint8_t>(reader.number("ttl_min", 0, 255, plan.ttl_min));
  plan.checksum = reader.choice("checksum", kChecksums, plan.checksum);
  plan.virtual_mac = reader.flag("virtual_mac", plan.virtual_mac);
  plan.accept = reader.flag("accept", plan.accept);
}

Auth read_auth(const json& object, const std::string& where, std::vector<std::string>& faults) {
  ObjectReader reader(object, where, faults);
  const auto name = reader.text("mode");
  const auto mode = Auth::parse(name);
  if (!mode) {
    reader.fault("mode",
                 "'" + name + "'; allowed are none, password, hmac-receive-only, hmac-permissive and hmac");
  }
  Auth auth{.mode = mode.value_or(Auth::Mode::none),
            .file = reader.text("file", ""),
            .window = std::chrono::seconds(reader.number("window_s", 0, kWindowMax.count(), 0))};
  if (!reader.has("accepts")) return auth;
  for (const auto& file : reader.array("accepts")) {
    if (file.is_string()) {
      auth.accepts.push_back(file.get<std::string>());
    } else {
      reader.fault("accepts", file.dump() + " is not a file's name");
    }
  }
  return auth;
}

Also read_also(const json& object, std::vector<std::string>& faults) {
  ObjectReader reader(object, "also.", faults);
  Also also;
  also.version = static_cast<int>(reader.number("version", 2, 3));
  also.advert_interval =
      std::chrono::milliseconds(reader.number("advert_interval_ms", 1, kDayMs, also.advert_interval.count()));
  also.auth = read_auth(reader.object("auth"), "also.auth.", faults);
  return also;
}

CheckSettings read_check(const json& object, std::vector<std::string>& faults) {
  ObjectReader reader(object, "checks.", faults);
  CheckSettings check;
  check.name = reader.text("name");
  const auto kind = reader.text("kind");
  if (const auto parsed = parse_check_kind(kind)) {
    check.kind = *parsed;
  } else {
    reader.fault("kind", "'" + kind + "'; allowed are interface, listening, tcp, http and script");
  }
  if (const auto text = reader.text("address", ""); !text.empty()) {
    check.address = IpAddress::parse(text);
    if (!check.address) reader.fault("address", "'" + text + "' is not an address");
  }
  check.interface = reader.text("interface", "");
  check.port = static_cast<std::uint16_t>(reader.number("port", 0, 65535, 0));
  check.path = reader.text("path", check.path);
  check.url = reader.text("url", "");
  check.host = reader.text("host", "");
  check.statuses.low = static_cast<int>(reader.number("status_low", 100, 599, check.statuses.low));
  check.statuses.high = static_cast<int>(reader.number("status_high", 100, 599, check.statuses.high));
  check.script = reader.text("script", "");
  check.interval = std::chrono::milliseconds(reader.number("interval_ms", 1, kDayMs, check.interval.count()));
  check.timeout = std::chrono::milliseconds(reader.number("timeout_ms", 1, kDayMs, check.timeout.count()));
  check.rise = static_cast<int>(reader.number("rise", 1, 100, check.rise));
  check.fall = static_cast<int>(reader.number("fall", 1, 100, check.fall));
  check.weight = static_cast<int>(reader.number("weight", -253, 253, check.weight));
  return check;
}

json check_json(const CheckSettings& check) {
  json object{{"name", check.name},
              {"kind", name(check.kind)},
              {"interval_ms", check.interval.count()},
              {"timeout_ms", check.timeout.count()},
              {"rise", check.rise},
              {"fall", check.fall}};
  if (check.weight != 0) object["weight"] = check.weight;
  if (check.address) object["address"] = check.address->text();
  if (check.port != 0) object["port"] = check.port;
  for (const auto& [key, text] : {std::pair("interface", &check.interface), std::pair("url", &check.url),
                                  std::pair("host", &check.host), std::pair("script", &check.script)}) {
    if (!text->empty()) object[key] = *text;
  }
  if (check.kind != CheckKind::http) return object;
  object["path"] = check.path;
  object["status_low"] = check.statuses.low;
  object["status_high"] = check.statuses.high;
  return object;
}

NotifyScripts read_notify(const json& object, std::vector<std::string>& faults) {
  ObjectReader reader(object, "notify.", faults);
  NotifyScripts scripts;
  scripts.any = reader.text("any", "");
  scripts.active = reader.text("active", "");
  scripts.backup = reader.text("backup", "");
  scripts.fault = reader.text("fault", "");
  scripts.stop = reader.text("stop", "");
  scripts.timeout =
      std::chrono::milliseconds(reader.number("timeout_ms", 1, kDayMs, scripts.timeout.count()));
  return scripts;
}

json notify_json(const NotifyScripts& scripts) {
  json object{{"timeout_ms", scripts.timeout.count()}};
  for (const auto& [key, text] : {std::pair("any", &scripts.any), std::pair("active", &scripts.active),
                                  std::pair("backup", &scripts.backup), std::pair("fault", &scripts.fault),
                                  std::pair("stop", &scripts.stop)}) {
    if (!text->empty()) object[key] = *text;
  }
  return object;
}

json auth_json(const Auth& auth) {
  json object{{"mode", Auth::name(auth.mode)}};
  if (!auth.file.empty()) object["file"] = auth.file;
  if (!auth.accepts.empty()) object["accepts"] = auth.accepts;
  if (auth.window.count() > 0) object["window_s"] = auth.window.count();
  return object;
}

}  // namespace

std::string to_json(const Plan& plan) {
  json routers = json::array();
  for (const auto& router : plan.routers) {
    json addresses = json::array();
    for (const auto& prefix : router.addresses) addresses.push_back(prefix.text());
    json entry{{"vrid", router.vrid.value}, {"addresses", addresses}};
    if (router.also_vrid) entry["also_vrid"] = router.also_vrid->value;
    if (!router.sync.empty()) entry["sync"] = router.sync;
    for (const auto& [id, priority] : router.priorities) entry["priorities"][id] = priority.value;
    routers.push_back(std::move(entry));
  }
  json members = json::array();
  for (const auto& member : plan.members) {
    json entry{{"id", member.id},
               {"hostname", member.hostname},
               {"address", member.address.text()},
               {"priority", member.priority.value}};
    if (member.address6) entry["address6"] = member.address6->text();
    if (!member.interface.empty()) entry["interface"] = member.interface;
    if (member.standby) entry["standby"] = true;
    if (member.drained) entry["drained"] = true;
    if (member.preferred) entry["preferred"] = true;
    if (member.unserved) entry["unserved"] = true;
    members.push_back(std::move(entry));
  }
  json announce_at = json::array();
  for (const auto when : plan.announce.at) announce_at.push_back(when.count());
  json document{{"schema", kSchema},
                {"group", plan.group},
                {"generation", plan.generation},
                {"version", plan.version},
                {"advert_interval_ms", plan.advert_interval.count()},
                {"preempt", plan.preempt},
                {"preempt_delay_ms", plan.preempt_delay.count()},
                {"lease", plan.lease.text()},
                {"interface", plan.interface},
                {"auth", auth_json(plan.auth)},
                {"transport", kTransports.at(static_cast<std::size_t>(plan.transport))},
                {"sources", kSources.at(plan.any_source ? 1 : 0)},
                {"ttl_min", plan.ttl_min},
                {"checksum", kChecksums.at(static_cast<std::size_t>(plan.checksum))},
                {"announce", {{"at_ms", announce_at}, {"refresh_ms", plan.announce.refresh.count()}}},
                {"virtual_mac", plan.virtual_mac},
                {"accept", plan.accept},
                {"start_grace_ms", plan.start_grace.count()},
                {"duplicate_check", plan.duplicate_check},
                {"status_port", plan.status_port},
                {"routers", routers},
                {"members", members}};
  if (plan.also) {
    document["also"] = {{"version", plan.also->version},
                        {"advert_interval_ms", plan.also->advert_interval.count()},
                        {"auth", auth_json(plan.also->auth)}};
  }
  for (const auto& check : plan.checks) document["checks"].push_back(check_json(check));
  if (!plan.notify.empty()) document["notify"] = notify_json(plan.notify);
  if (!plan.follow.empty()) document["follow"] = plan.follow;
  if (plan.start_wait) document["start_wait_ms"] = plan.start_wait->count();
  return document.dump();
}

Result<Plan> from_json(std::string_view text) {
  const json document = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object()) return fail(Errc::invalid, "not a JSON object");
  std::vector<std::string> faults;
  ObjectReader reader(document, "", faults);
  reader.number("schema", kSchema, kSchema);
  if (!faults.empty()) return fail(Errc::invalid, join(faults, "; ") + " (this version reads schema 1)");
  Plan plan;
  plan.group = reader.text("group");
  plan.generation = static_cast<std::uint64_t>(reader.number("generation", 1, INT64_MAX));
  plan.version = static_cast<int>(reader.number("version", 2, 3));
  plan.advert_interval = std::chrono::milliseconds(reader.number("advert_interval_ms", 1, kDayMs));
  plan.preempt = reader.flag("preempt");
  plan.preempt_delay = std::chrono::milliseconds(reader.number("preempt_delay_ms", 0, kDayMs));
  const auto lease = reader.text("lease");
  if (const auto parsed = Lease::parse(lease)) {
    plan.lease = *parsed;
  } else {
    reader.fault("lease", "'" + lease + "'; allowed are auto, off, and 2s to 86400s");
  }
  plan.interface = reader.text("interface", std::string(kAuto));
  plan.auth = read_auth(reader.object("auth"), "auth.", faults);
  if (reader.has("also")) plan.also = read_also(reader.object("also"), faults);
  read_wire(reader, plan);
  if (reader.has("start_wait_ms"))
    plan.start_wait = std::chrono::milliseconds(reader.number("start_wait_ms", 0, kDayMs));
  plan.start_grace =
      std::chrono::milliseconds(reader.number("start_grace_ms", 0, kDayMs, plan.start_grace.count()));
  plan.duplicate_check = reader.flag("duplicate_check", plan.duplicate_check);
  if (reader.has("announce")) plan.announce = read_announce(reader.object("announce"), faults);
  plan.status_port = static_cast<std::uint16_t>(reader.number("status_port", 1, 65535));
  if (reader.has("checks"))
    for (const auto& check : reader.array("checks")) plan.checks.push_back(read_check(check, faults));
  if (reader.has("notify")) plan.notify = read_notify(reader.object("notify"), faults);
  plan.follow = reader.text("follow", "");
  for (const auto& router : reader.array("routers")) plan.routers.push_back(read_router(router, faults));
  for (const auto& member : reader.array("members")) plan.members.push_back(read_member(member, faults));
  if (faults.empty()) faults = problems(plan);
  if (!faults.empty()) return fail(Errc::invalid, join(faults, "; "));
  return plan;
}

std::string short_hash(std::string_view text) {
  sha256_ctx context{};
  sha256_init(&context);
  sha256_update(&context, text.size(), reinterpret_cast<const std::uint8_t*>(text.data()));
  std::array<std::uint8_t, 6> digest{};
  sha256_digest(&context, digest.size(), digest.data());
  return hexadecimal(digest);
}

}  // namespace vip::plan

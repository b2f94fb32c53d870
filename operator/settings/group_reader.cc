#include "operator/settings/group_reader.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/auth_key.h"
#include "common/base/text.h"
#include "common/settings/address_list.h"
#include "common/settings/check_list.h"
#include "operator/core/priorities.h"

namespace vip::swarm {
namespace {

using settings::Environment;
using settings::Findings;
using std::chrono::milliseconds;

constexpr std::string_view kGroupCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_ .*()?+[]\\^$|/";
constexpr std::string_view kLabelCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
constexpr std::string_view kServiceCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
constexpr std::size_t kGroupLengthMax = 128;
constexpr std::size_t kServiceLengthMax = 63;
constexpr std::size_t kInterfaceLengthMax = 15;
constexpr int kIdMax = 255;
constexpr std::size_t kScriptSizeMax = 64U << 10U;
// What osixia's image has there; many stack files name it.
constexpr std::string_view kOsixiaNotify = "/container/service/keepalived/assets/notify.sh";

bool made_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

class GroupReader {
 public:
  GroupReader(const Environment& env, const FileReader& read_file, Findings& findings)
      : env_(env), read_file_(read_file), findings_(findings) {}

  ConfiguredGroup read() {
    name_and_label();
    protocol();
    addresses();
    router_id();
    interface();
    authentication();
    password();
    key();
    group().revoke = settings::flag(env_, "SWARM_VIP_REVOKE", group().revoke, findings_);
    status_port();
    group_.holder_label = settings::flag(env_, "SWARM_VIP_HOLDER_LABEL", false, findings_);
    group().checks = settings::read_checks(env_, findings_);
    follow();
    notify();
    return std::move(group_);
  }

 private:
  GroupSettings& group() { return group_.settings; }

  void refuse(std::string_view name, std::string_view value, std::string_view allowed) {
    findings_.refuse(env_.called(name), value, allowed);
  }

  void name_and_label() {
    constexpr std::string_view kName = "KEEPALIVED_GROUP";
    constexpr std::string_view kLabel = "SWARM_VIP_GROUP_LABEL";
    group().name = env_.text(kName);
    if (group().name.empty() || group().name.size() > kGroupLengthMax ||
        !made_of(group().name, kGroupCharacters)) {
      refuse(kName, group().name,
             "the value of the nodes' label, made of letters, digits and : - _ . * ( ) ? + [ ] \\ ^ $ | /, "
             "at most 128 characters");
    }
    group().label_key = env_.text(kLabel, group().label_key);
    if (!made_of(group().label_key, kLabelCharacters))
      refuse(kLabel, group().label_key, "the key of a node label, made of letters, digits and - _ . /");
  }

  void follow() {
    constexpr std::string_view kName = "SWARM_VIP_FOLLOW";
    group().follow = env_.text(kName);
    const auto& name = group().follow;
    if (name.size() <= kServiceLengthMax && made_of(name, kServiceCharacters)) return;
    refuse(kName, name,
           "the name or the id of a service of the Swarm, made of letters, digits and - _, at most 63 "
           "characters");
  }

  void addresses() {
    constexpr std::string_view kName = "KEEPALIVED_VIRTUAL_IPS";
    const auto text = env_.text(kName);
    const auto items = settings::list_items(text);
    if (!items) {
      findings_.error(env_.called(kName) + ": " + items.error().context);
      return;
    }
    for (const auto& item : *items) add_address(item);
    if (items->empty()) refuse(kName, text, "one or more addresses, such as 192.0.2.10,2001:db8::10");
    group().spread = settings::flag(env_, "SWARM_VIP_SPREAD", false, findings_);
  }

  void add_address(const std::string& item) {
    constexpr std::string_view kName = "KEEPALIVED_VIRTUAL_IPS";
    const auto parsed = settings::parse_address_item(item);
    if (!parsed) {
      findings_.error(env_.called(kName) + ": " + parsed.error().context);
      return;
    }
    const auto& address = parsed->prefix.address;
    auto& known = group().addresses;
    if (address.family() == Family::ipv6 && group().version == 2) {
      refuse(kName, item, "with VRRP version 2 an IPv4 address");
    } else if (!address.is_host() || parsed->prefix.length == 0) {
      refuse(kName, item, "an address that a host can own");
    } else if (std::ranges::find(known, address, &IpPrefix::address) != known.end()) {
      refuse(kName, item, "each address once");
    } else {
      known.push_back(parsed->prefix);
    }
    for (const auto& option : parsed->ignored) {
      findings_.warning(env_.called(kName) + ": '" + option + "' of " + address.text() +
                        " has no meaning here, ignoring");
    }
    if (!parsed->interface.empty()) devices_.insert(parsed->interface);
  }

  void router_id() {
    constexpr std::string_view kName = "KEEPALIVED_ROUTER_ID";
    const auto text = env_.text(kName);
    if (text.empty()) return;
    if (equal_fold(text, plan::kAuto)) {
      group().router_id.reset();
      return;
    }
    // Each address that lives on its own takes the next one.
    const auto more = group().spread && !group().addresses.empty() ? group().addresses.size() - 1 : 0;
    const auto id = parse_number<int>(text);
    if (id && *id >= 1 && *id <= kIdMax && *id + static_cast<int>(more) <= kIdMax) {
      group().router_id = Vrid(static_cast<std::uint8_t>(*id));
      return;
    }
    refuse(
        kName, text,
        "auto, or a whole number from 1 to " + std::to_string(std::max(1, kIdMax - static_cast<int>(more))));
  }

  void interface() {
    constexpr std::string_view kName = "KEEPALIVED_INTERFACE";
    if (env_.has(kName)) {
      group().interface = env_.text(kName);
    } else if (devices_.size() == 1) {
      group().interface = *devices_.begin();
    } else if (devices_.size() > 1) {
      findings_.error(env_.called("KEEPALIVED_VIRTUAL_IPS") +
                      ": 'dev' names several interfaces; one group lives on one, or on that of the node's "
                      "label KEEPALIVED_INTERFACE");
    }
    const auto& name = group().interface;
    const bool printable = std::ranges::all_of(name, [](char c) { return c > ' ' && c < 127 && c != '/'; });
    if (name.size() > kInterfaceLengthMax || !printable)
      refuse(kName, name, "the name of a network interface, or auto");
  }

  void protocol() {
    group().version = static_cast<int>(settings::number(env_, "SWARM_VIP_VERSION", 2, 3, 3, findings_));
    group().default_priority = static_cast<int>(settings::number(
        env_, "KEEPALIVED_PRIORITY", kPriorityMin, kPriorityMax, group().default_priority, findings_));
    interval();
    group().preempt = settings::flag(env_, "SWARM_VIP_PREEMPT", group().preempt, findings_);
    group().preempt_delay =
        settings::duration(env_, "SWARM_VIP_PREEMPT_DELAY", {milliseconds(0), milliseconds(1'000'000)},
                           group().preempt_delay, findings_);
    group().start_grace =
        settings::duration(env_, "SWARM_VIP_START_GRACE", {milliseconds(0), milliseconds(600'000)},
                           group().start_grace, findings_);
    group().duplicate_check =
        settings::flag(env_, "SWARM_VIP_DUPLICATE_CHECK", group().duplicate_check, findings_);
    if (const auto text = env_.text("SWARM_VIP_LEASE"); !text.empty()) {
      const auto lease = plan::Lease::parse(text);
      if (!lease) refuse("SWARM_VIP_LEASE", text, "auto, off, or whole seconds from 2s to 86400s");
      group().lease = lease.value_or(group().lease);
    }
  }

  void interval() {
    constexpr std::string_view kName = "SWARM_VIP_ADVERT_INTERVAL";
    const bool version2 = group().version == 2;
    group().advert_interval = version2 ? milliseconds(1000) : milliseconds(250);
    const auto text = env_.text(kName);
    if (text.empty()) return;
    const auto interval = parse_duration(text);
    const bool fits = version2 ? interval >= milliseconds(1000) && interval <= milliseconds(255'000)
                               : interval >= milliseconds(10) && interval <= milliseconds(40'950);
    if (interval && fits && interval->count() % (version2 ? 1000 : 10) == 0) {
      group().advert_interval = *interval;
    } else {
      refuse(kName, text,
             version2 ? "with VRRP version 2 whole seconds from 1s to 255s"
                      : "10ms to 40950ms in steps of 10ms");
    }
  }

  // Version 3 is protected by the group's key unless somebody says otherwise; version 2 knows passwords only.
  void authentication() {
    constexpr std::string_view kName = "SWARM_VIP_AUTH";
    const bool version2 = group().version == 2;
    group().auth = version2 ? plan::Auth::Mode::none : plan::Auth::Mode::hmac;
    const auto text = env_.text(kName);
    if (text.empty()) return;
    const auto mode = plan::Auth::parse(text);
    if (!mode || *mode == plan::Auth::Mode::password || (version2 && *mode != plan::Auth::Mode::none)) {
      refuse(kName, text,
             version2 ? "with VRRP version 2 only none (KEEPALIVED_PASSWORD sets its password)"
                      : "hmac, hmac-permissive, hmac-receive-only or none");
      return;
    }
    group().auth = *mode;
  }

  void password() {
    constexpr std::string_view kName = "KEEPALIVED_PASSWORD";
    constexpr std::string_view kFileName = "KEEPALIVED_PASSWORD_FILE";
    std::string_view origin = kName;
    std::string password = env_.text(kName);
    if (const auto path = env_.text(kFileName); !path.empty()) {
      if (!password.empty())
        findings_.error(env_.called(kFileName) + ": set together with KEEPALIVED_PASSWORD; one of them");
      origin = kFileName;
      password = secret_of(env_, kFileName, path, read_file_, findings_);
    }
    if (password.empty()) return;
    if (group().version != 2) {
      findings_.warning(env_.called(origin) +
                        ": VRRP version 3 has no password, ignoring; the group's generated key protects it "
                        "(SWARM_VIP_VERSION=2 beside keepalived members)");
      return;
    }
    group_.password = settings::wire_password(env_.called(origin), std::move(password), findings_);
    group().auth = plan::Auth::Mode::password;
  }

  void key() {
    constexpr std::string_view kFileName = "SWARM_VIP_KEY_FILE";
    constexpr std::string_view kRotation = "SWARM_VIP_KEY_ROTATION";
    constexpr std::int64_t kRotationMax = 1'000'000;
    group().key_rotation =
        static_cast<unsigned>(settings::number(env_, kRotation, 0, kRotationMax, 0, findings_));
    const auto path = env_.text(kFileName);
    if (path.empty()) return;
    if (group().key_rotation != 0) {
      findings_.error(env_.called(kRotation) +
                      ": set together with SWARM_VIP_KEY_FILE; it is the number of a generated key");
    }
    const auto text = secret_of(env_, kFileName, path, read_file_, findings_);
    if (text.empty()) return;
    if (const auto keys = read_keys(text); !keys)
      findings_.error(env_.called(kFileName) + ": " + path + ": " + keys.error().context);
    const bool signs = group().auth != plan::Auth::Mode::none && group().auth != plan::Auth::Mode::password;
    if (!signs) {
      findings_.warning(env_.called(kFileName) + ": nothing is signed with version " +
                        std::to_string(group().version) + " and these settings, ignoring");
      return;
    }
    group_.key = text;
    group().own_key = true;
  }

  // The agents run what the operator was given: it goes with the plan.
  void notify() {
    constexpr std::string_view kName = "KEEPALIVED_NOTIFY";
    const auto path = env_.text(kName);
    if (path.empty() || path == kOsixiaNotify) return;
    const auto script = read_file_(path);
    if (!script) {
      findings_.warning(env_.called(kName) + ": " + script.error().context +
                        "; nothing is run (a Swarm config of the operator's service puts a script there)");
      return;
    }
    if (script->size() > kScriptSizeMax || script->find('\0') != std::string::npos) {
      refuse(kName, path, "a script for /bin/sh of at most 64 KiB");
      return;
    }
    // By its first line or its second one it is known for a whole script.
    group().notify.any = script->starts_with("#!") ? *script : "#!/bin/sh\n" + *script;
  }

  void status_port() {
    constexpr std::string_view kName = "SWARM_VIP_STATUS_PORT";
    constexpr std::int64_t kPortMax = 65535;
    if (!env_.has(kName)) return;
    group().status_port =
        static_cast<std::uint16_t>(settings::number(env_, kName, 1, kPortMax, kStatusPortFirst, findings_));
  }

  const Environment& env_;
  const FileReader& read_file_;
  Findings& findings_;
  ConfiguredGroup group_;
  std::set<std::string> devices_;
};

}  // namespace

ConfiguredGroup read_group(const Environment& env, const FileReader& read_file, Findings& findings) {
  return GroupReader(env, read_file, findings).read();
}

}  // namespace vip::swarm

#include "operator/settings/operator_settings.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "common/base/text.h"
#include "common/settings/address_list.h"
#include "operator/core/priorities.h"
#include "operator/settings/known_names.h"

namespace vip::swarm {
namespace {

using settings::Environment;
using settings::Findings;
using std::chrono::milliseconds;

// osixia's defaults for what has no meaning here. Files that spell them out deserve no warning.
struct Ignored {
  std::string_view name;
  std::string_view value;
};
constexpr std::array<Ignored, 5> kIgnored{{
    {.name = "KEEPALIVED_STATE", .value = "BACKUP"},
    {.name = "KEEPALIVED_NOTIFY", .value = "/container/service/keepalived/assets/notify.sh"},
    {.name = "KEEPALIVED_COMMAND_LINE_ARGUMENTS", .value = "--log-detail --dump-conf"},
    {.name = "KEEPALIVED_IP", .value = ""},
    {.name = "KEEPALIVED_UNICAST_PEERS", .value = ""},
}};

constexpr std::string_view kGroupCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-_ .*()?+[]\\^$|/";
constexpr std::string_view kLabelCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
constexpr std::size_t kGroupLengthMax = 128;
constexpr std::size_t kInterfaceLengthMax = 15;

bool made_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}

class SettingsReader {
 public:
  SettingsReader(const Environment& env, const FileReader& read_file, Findings& findings)
      : env_(env), read_file_(read_file), findings_(findings) {}

  OperatorSettings read() {
    warn_of_unknown_names(env_, findings_);
    for (const auto& [name, value] : kIgnored) {
      if (env_.has(name) && env_.text(name) != value) {
        findings_.warning(std::string(name) + ": has no meaning here, ignoring");
      }
    }
    group_and_label();
    addresses();
    protocol();
    authentication();
    password();
    image();
    rest();
    return std::move(settings_);
  }

 private:
  GroupSettings& group() { return settings_.group; }

  void group_and_label() {
    group().name = env_.text("KEEPALIVED_GROUP");
    if (group().name.empty() || group().name.size() > kGroupLengthMax ||
        !made_of(group().name, kGroupCharacters)) {
      findings_.refuse(
          "KEEPALIVED_GROUP", group().name,
          "the value of the nodes' label, made of letters, digits and : - _ . * ( ) ? + [ ] \\ ^ $ | /, "
          "at most 128 characters");
    }
    group().label_key = env_.text("SWARM_VIP_GROUP_LABEL", group().label_key);
    if (!made_of(group().label_key, kLabelCharacters)) {
      findings_.refuse("SWARM_VIP_GROUP_LABEL", group().label_key,
                       "the key of a node label, made of letters, digits and - _ . /");
    }
  }

  void addresses() {
    constexpr std::string_view kName = "KEEPALIVED_VIRTUAL_IPS";
    const auto vrid = settings::number(env_, "KEEPALIVED_ROUTER_ID", 1, 255, 51, findings_);
    plan::Router router{.vrid = Vrid(static_cast<std::uint8_t>(vrid)), .addresses = {}};
    const auto text = env_.text(kName);
    const auto items = settings::list_items(text);
    if (!items) {
      findings_.error(std::string(kName) + ": " + items.error().context);
    } else {
      for (const auto& item : *items) add_address(item, router);
      if (items->empty())
        findings_.refuse(kName, text, "one or more IPv4 addresses, such as 192.0.2.10,192.0.2.11");
    }
    group().routers.push_back(std::move(router));
    interface();
  }

  void add_address(const std::string& item, plan::Router& router) {
    constexpr std::string_view kName = "KEEPALIVED_VIRTUAL_IPS";
    const auto parsed = settings::parse_address_item(item);
    if (!parsed) {
      findings_.error(std::string(kName) + ": " + parsed.error().context);
      return;
    }
    const auto& address = parsed->prefix.address;
    if (address.family() != Family::ipv4) {
      findings_.refuse(kName, item, "an IPv4 address; this version does not carry IPv6");
    } else if (!address.is_host() || parsed->prefix.length == 0) {
      findings_.refuse(kName, item, "an address that a host can own");
    } else if (std::ranges::find(router.addresses, address, &IpPrefix::address) != router.addresses.end()) {
      findings_.refuse(kName, item, "each address once");
    } else {
      router.addresses.push_back(parsed->prefix);
    }
    for (const auto& option : parsed->ignored) {
      findings_.warning(std::string(kName) + ": '" + option + "' of " + address.text() +
                        " has no meaning here, ignoring");
    }
    if (!parsed->interface.empty()) devices_.insert(parsed->interface);
  }

  void interface() {
    constexpr std::string_view kName = "KEEPALIVED_INTERFACE";
    if (env_.has(kName)) {
      group().interface = env_.text(kName);
    } else if (devices_.size() == 1) {
      group().interface = *devices_.begin();
    } else if (devices_.size() > 1) {
      findings_.error(
          "KEEPALIVED_VIRTUAL_IPS: 'dev' names several interfaces; one group lives on one, or on that of "
          "the node's label KEEPALIVED_INTERFACE");
    }
    const auto& name = group().interface;
    const bool printable = std::ranges::all_of(name, [](char c) { return c > ' ' && c < 127 && c != '/'; });
    if (name.size() > kInterfaceLengthMax || !printable) {
      findings_.refuse(kName, name, "the name of a network interface, or auto");
    }
  }

  void protocol() {
    group().version = static_cast<int>(settings::number(env_, "SWARM_VIP_VERSION", 2, 3, 3, findings_));
    group().default_priority = static_cast<int>(settings::number(
        env_, "KEEPALIVED_PRIORITY", kPriorityMin, kPriorityMax, group().default_priority, findings_));
    interval();
    group().preempt = settings::flag(env_, "SWARM_VIP_PREEMPT", group().preempt, findings_);
    group().preempt_delay = duration("SWARM_VIP_PREEMPT_DELAY", {milliseconds(0), milliseconds(1'000'000)},
                                     group().preempt_delay);
    group().start_grace =
        duration("SWARM_VIP_START_GRACE", {milliseconds(0), milliseconds(600'000)}, group().start_grace);
    group().duplicate_check =
        settings::flag(env_, "SWARM_VIP_DUPLICATE_CHECK", group().duplicate_check, findings_);
    if (const auto text = env_.text("SWARM_VIP_LEASE"); !text.empty()) {
      const auto lease = plan::Lease::parse(text);
      if (!lease) findings_.refuse("SWARM_VIP_LEASE", text, "auto, off, or whole seconds from 2s to 86400s");
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
      findings_.refuse(kName, text,
                       version2 ? "with VRRP version 2 whole seconds from 1s to 255s"
                                : "10ms to 40950ms in steps of 10ms");
    }
  }

  struct Range {
    milliseconds low;
    milliseconds high;
  };
  milliseconds duration(std::string_view name, Range range, milliseconds fallback) {
    const auto text = env_.text(name);
    if (text.empty()) return fallback;
    const auto parsed = parse_duration(text);
    if (parsed && *parsed >= range.low && *parsed <= range.high) return *parsed;
    findings_.refuse(name, text,
                     "a duration from " + duration_text(range.low) + " to " + duration_text(range.high) +
                         ", such as 500ms, 5s or 2m");
    return fallback;
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
      findings_.refuse(kName, text,
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
        findings_.error("KEEPALIVED_PASSWORD_FILE: set together with KEEPALIVED_PASSWORD; one of them");
      origin = kFileName;
      const auto content = read_file_(path);
      if (!content) findings_.error(std::string(kFileName) + ": " + content.error().context);
      // Editors and `echo` end a file with a newline that is no part of the password.
      password = std::string(trim(content.value_or("")));
    }
    if (password.empty()) return;
    if (group().version != 2) {
      findings_.warning(std::string(origin) +
                        ": VRRP version 3 has no password, ignoring; the group's generated key protects it "
                        "(SWARM_VIP_VERSION=2 beside keepalived members)");
      return;
    }
    settings_.password = settings::wire_password(origin, std::move(password), findings_);
    group().auth = plan::Auth::Mode::password;
  }

  void image() {
    settings_.image = env_.text("SWARM_VIP_IMAGE");
    const auto theirs = env_.text("KEEPALIVED_IMAGE");
    if (theirs.empty() || !settings_.image.empty()) return;
    const bool keepalived =
        theirs.find("keepalived") != std::string::npos && theirs.find("swarm-vip") == std::string::npos;
    if (keepalived) {
      findings_.warning("KEEPALIVED_IMAGE: '" + theirs +
                        "' is a keepalived image, ignoring; agents run our own image");
    } else {
      settings_.image = theirs;
    }
  }

  void rest() {
    if (env_.has("SWARM_VIP_STATUS_PORT")) {
      constexpr std::int64_t kPortMax = 65535;
      group().status_port = static_cast<std::uint16_t>(
          settings::number(env_, "SWARM_VIP_STATUS_PORT", 1, kPortMax, kStatusPortFirst, findings_));
    }
    settings_.resync =
        duration("SWARM_VIP_RESYNC", {milliseconds(1000), milliseconds(3'600'000)}, settings_.resync);
    if (settings::flag(env_, "SWARM_VIP_BESIDE_KEEPALIVED", false, findings_))
      settings_.beside = Beside::tolerate;
    constexpr std::string_view kLevel = "SWARM_VIP_LOG_LEVEL";
    constexpr std::string_view kFormat = "SWARM_VIP_LOG_FORMAT";
    if (const auto text = env_.text(kLevel); !text.empty()) {
      const auto level = log::parse_level(text);
      if (!level) findings_.refuse(kLevel, text, "trace, debug, info, warning or error");
      settings_.log_level = level.value_or(settings_.log_level);
      settings_.agent_environment.push_back(std::string(kLevel) + "=" + text);
    }
    if (const auto text = env_.text(kFormat); !text.empty()) {
      const auto format = log::parse_format(text);
      if (!format) findings_.refuse(kFormat, text, "text or json");
      settings_.log_format = format.value_or(settings_.log_format);
      settings_.agent_environment.push_back(std::string(kFormat) + "=" + text);
    }
    constexpr std::string_view kRealtime = "SWARM_VIP_REALTIME";
    if (const auto text = env_.text(kRealtime); !text.empty()) {
      if (!equal_fold(text, "auto") && !equal_fold(text, "off"))
        findings_.refuse(kRealtime, text, "auto or off");
      settings_.agent_environment.push_back(std::string(kRealtime) + "=" + text);
    }
  }

  const Environment& env_;
  const FileReader& read_file_;
  Findings& findings_;
  OperatorSettings settings_;
  std::set<std::string> devices_;
};

}  // namespace

OperatorSettings read_operator_settings(const Environment& env, const FileReader& read_file,
                                        Findings& findings) {
  return SettingsReader(env, read_file, findings).read();
}

}  // namespace vip::swarm

// NeoAssist's variables, and shawly's, which are the same with a prefix and a few of its own.
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "vrrp/settings/dialect_reader.h"
#include "vrrp/settings/dialects.h"

namespace vip::vrrp {
namespace {

using settings::Environment;
using settings::Findings;

constexpr std::string_view kPrefix = "KEEPALIVED_";
// NeoAssist's, known to everybody; part of its wire form.
constexpr std::string_view kNeoassistPassword = "blahblah";
// Where both let keepalived write its state when it gets SIGUSR1.
constexpr std::string_view kStatusFile = "/tmp/keepalived.data";
constexpr auto kShawlyNames = std::to_array<std::string_view>(
    {"KEEPALIVED_VIRTUAL_IP", "KEEPALIVED_VIRTUAL_MASK", "KEEPALIVED_VRID", "KEEPALIVED_INTERFACE",
     "KEEPALIVED_CHECK_IP", "KEEPALIVED_CHECK_PORT", "KEEPALIVED_CHECK_SCRIPT", "KEEPALIVED_PRIORITY",
     "KEEPALIVED_STATE", "KEEPALIVED_AUTH_TYPE", "KEEPALIVED_AUTH_PASS", "KEEPALIVED_CUSTOM_CONFIG",
     "KEEPALIVED_ADVERT_INT", "KEEPALIVED_UNICAST_SRC_IP", "KEEPALIVED_UNICAST_PEERS"});

class NeoassistReader {
 public:
  NeoassistReader(const Environment& env, const FileExists& exists, Findings& findings,
                  settings::Dialect dialect)
      : raw_(env),
        prefix_(dialect == settings::Dialect::shawly ? kPrefix : std::string_view()),
        findings_(findings),
        reader_(env, exists, findings, dialect, "lb-vips") {}

  AgentConfig read() {
    if (is_shawly()) {
      reader_.warn_of_unknown(kShawlyNames);
    } else {
      reader_.warn_of_unknown({});
    }
    // Required with NeoAssist, "auto" with shawly: nobody is worse off with a look around.
    reader_.interface(name("INTERFACE"), plan::kAuto);
    required("VRID", "a whole number from 1 to 255");
    reader_.router_id(name("VRID"), 1);
    reader_.first_state(name("STATE"), "BACKUP");
    reader_.priority(name("PRIORITY"), 100);
    reader_.router().protocol.preempt = false;
    reader_.interval(name("ADVERT_INT"));
    reader_.source(name("UNICAST_SRC_IP"));
    read_address();
    reader_.peers(name("UNICAST_PEERS"));
    if (!text("UNICAST_PEERS").empty()) reader_.unicast(name("UNICAST_PEERS"));
    is_shawly() ? read_shawly_auth() : read_neoassist_auth();
    read_check();
    reader_.announce_again(std::chrono::seconds(1), std::chrono::seconds(60));
    reader_.config().status_file = kStatusFile;
    return reader_.finish();
  }

 private:
  [[nodiscard]] bool is_shawly() const { return !prefix_.empty(); }
  [[nodiscard]] std::string name(std::string_view bare) const { return prefix_ + std::string(bare); }
  [[nodiscard]] std::string text(std::string_view bare) const { return reader_.text(name(bare)); }

  // Whether it is set.
  bool required(std::string_view bare, std::string_view allowed) {
    if (!text(bare).empty()) return true;
    findings_.error(name(bare) + ": not set; needed is " + std::string(allowed));
    return false;
  }

  void read_address() {
    constexpr std::string_view kAllowed = "one IPv4 address, such as 192.0.2.10";
    const bool has_mask = required("VIRTUAL_MASK", "the address' prefix length, from 1 to 32");
    const auto length = settings::number(reader_.env(), name("VIRTUAL_MASK"), 1, 32, 32, findings_);
    if (!required("VIRTUAL_IP", kAllowed) || !has_mask) return;
    const auto address = IpAddress::parse(text("VIRTUAL_IP"));
    if (address && address->family() == Family::ipv4 && address->is_host()) {
      reader_.address(name("VIRTUAL_IP"), address->text() + "/" + std::to_string(length));
    } else {
      findings_.refuse(name("VIRTUAL_IP"), text("VIRTUAL_IP"),
                       std::string(kAllowed) + "; its length is " + name("VIRTUAL_MASK"));
    }
  }

  void read_neoassist_auth() {
    const auto password = raw_.text("AUTH_PASS");
    reader_.password("AUTH_PASS", password.empty() ? kNeoassistPassword : password);
  }

  void read_shawly_auth() {
    const auto type = text("AUTH_TYPE");
    const auto password = raw_.text(name("AUTH_PASS"));
    if (equal_fold(type, "PASS")) {
      if (required("AUTH_PASS", "the password that all members share, 1 to 8 bytes"))
        reader_.password(name("AUTH_PASS"), password);
    } else if (equal_fold(type, "AH")) {
      findings_.refuse(
          name("AUTH_TYPE"), type,
          "PASS, or nothing. RFC 3768 took AH out of VRRP in 2004; let all members have PASS, or "
          "a key in --config FILE");
    } else if (!type.empty()) {
      findings_.refuse(name("AUTH_TYPE"), type, "PASS, or nothing");
    } else if (!password.empty()) {
      findings_.warning(name("AUTH_PASS") + ": without " + name("AUTH_TYPE") +
                        "=PASS it has no meaning, ignoring");
    }
    if (settings::flag(reader_.env(), name("CUSTOM_CONFIG"), false, findings_)) {
      findings_.refuse(name("CUSTOM_CONFIG"), text("CUSTOM_CONFIG"),
                       "false; a keepalived.conf of your own is not read here, --config FILE says the same "
                       "(packaging/doc/dialects.md)");
    }
  }

  // A script, or that somebody listens on the port, by any address or by one.
  void read_check() {
    CheckSettings check{.interval = std::chrono::seconds(1),
                        .timeout = std::chrono::seconds(1),
                        .rise = 2,
                        .fall = 2,
                        .weight = 0};
    const auto port = text("CHECK_PORT");
    const auto address = text("CHECK_IP");
    if (const auto script = text("CHECK_SCRIPT"); !script.empty()) {
      check.name = name("CHECK_SCRIPT");
      check.kind = CheckKind::script;
      check.script = script;
      if (!port.empty() || !(address.empty() || equal_fold(address, "any"))) {
        findings_.warning(name("CHECK_SCRIPT") + ": takes the place of " + name("CHECK_PORT") + " and " +
                          name("CHECK_IP"));
      }
      reader_.config().checks.push_back(std::move(check));
      return;
    }
    check.name = name("CHECK_PORT");
    check.kind = CheckKind::listening;
    check.port = static_cast<std::uint16_t>(
        settings::number(reader_.env(), name("CHECK_PORT"), 1, 65535, 0, findings_));
    if (!address.empty() && !equal_fold(address, "any")) {
      check.address = IpAddress::parse(address);
      if (!check.address)
        findings_.refuse(name("CHECK_IP"), address, "any, or an address such as 192.0.2.10");
      if (port.empty()) {
        findings_.warning(name("CHECK_IP") + ": without " + name("CHECK_PORT") +
                          " nothing is checked, ignoring");
      }
    }
    if (check.port != 0) reader_.config().checks.push_back(std::move(check));
  }

  const Environment& raw_;
  std::string prefix_;
  Findings& findings_;
  DialectReader reader_;
};

}  // namespace

std::span<const std::string_view> shawly_names() {
  return kShawlyNames;
}

AgentConfig config_from_neoassist(const Environment& env, const FileExists& exists, Findings& findings) {
  return NeoassistReader(env, exists, findings, settings::Dialect::neoassist).read();
}

AgentConfig config_from_shawly(const Environment& env, const FileExists& exists, Findings& findings) {
  return NeoassistReader(env, exists, findings, settings::Dialect::shawly).read();
}

}  // namespace vip::vrrp

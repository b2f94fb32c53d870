#include <array>
#include <string>
#include <string_view>

#include "common/base/text.h"
#include "vrrp/settings/dialect_reader.h"
#include "vrrp/settings/dialects.h"

namespace vip::vrrp {
namespace {

using settings::Environment;
using settings::Findings;

constexpr std::string_view kTrack = "KEEPALIVED_TRACK_INTERFACE";
constexpr std::string_view kAddress = "KEEPALIVED_VIRTUAL_IPADDRESS";
constexpr std::string_view kExcluded = "KEEPALIVED_VIRTUAL_IPADDRESS_EXCLUDED";
constexpr std::string_view kPeer = "KEEPALIVED_UNICAST_PEER";
constexpr std::string_view kVrid = "KEEPALIVED_VIRTUAL_ROUTER_ID";
constexpr std::string_view kPassword = "KEEPALIVED_AUTH_PASS";
constexpr auto kArctsNames = std::to_array<std::string_view>(
    {"KEEPALIVED_AUTOCONF", "KEEPALIVED_CONF", "KEEPALIVED_CMD", "KEEPALIVED_DEBUG", "KEEPALIVED_VAR_RUN",
     "KEEPALIVED_STATE", "KEEPALIVED_PRIORITY", "KEEPALIVED_INTERFACE", kVrid, "KEEPALIVED_ADVERT_INT",
     kPassword, "KEEPALIVED_UNICAST_SRC_IP", "KEEPALIVED_UNICAST_PEER_", kTrack,
     "KEEPALIVED_TRACK_INTERFACE_", "KEEPALIVED_VIRTUAL_IPADDRESS_", "KEEPALIVED_VIRTUAL_IPADDRESS_EXCLUDED_",
     "KEEPALIVED_KUBE_APISERVER_CHECK"});

// "eth1", or "eth1 weight -20" as keepalived has it. The router's own interface is looked at anyway.
void track(DialectReader& reader, std::string_view name) {
  const auto words = split(reader.text(name), " \t");
  if (words.empty()) return;
  CheckSettings check{.name = std::string(name),
                      .kind = CheckKind::interface,
                      .interface = words.front(),
                      .interval = std::chrono::seconds(1),
                      .rise = 1,
                      .fall = 1};
  const auto weight = words.size() == 3 && words[1] == "weight" ? parse_number<int>(words[2]) : std::nullopt;
  if (words.size() > 1 && (!weight || *weight < -kCheckWeightMax || *weight > kCheckWeightMax)) {
    reader.findings().refuse(name, reader.text(name),
                             "an interface, or one with a weight from -253 to 253: eth1 weight -20");
    return;
  }
  check.weight = weight.value_or(0);
  if (check.interface != reader.router().interface_rule || check.weight != 0)
    reader.config().checks.push_back(std::move(check));
}

// curl -k https://localhost:PORT/healthz, of which any answer counts as health.
void check_kubernetes(DialectReader& reader) {
  auto& findings = reader.findings();
  const auto& env = reader.env();
  constexpr std::string_view kName = "KEEPALIVED_KUBE_APISERVER_CHECK";
  const auto number = [&](std::string_view name, int low, int high, int fallback) {
    return static_cast<int>(settings::number(env, name, low, high, fallback, findings));
  };
  CheckSettings check{.name = std::string(kName), .kind = CheckKind::tcp};
  check.port = static_cast<std::uint16_t>(number("KUBE_APISERVER_PORT", 1, 65535, 6443));
  check.interval = std::chrono::seconds(number("KUBE_APISERVER_CHK_INTERVAL", 1, 3600, 3));
  check.timeout = std::min<std::chrono::milliseconds>(check.interval, std::chrono::seconds(2));
  check.fall = number("KUBE_APISERVER_CHK_FALL", 1, 1000, 10);
  check.rise = number("KUBE_APISERVER_CHK_RISE", 1, 1000, 2);
  check.weight = number("KUBE_APISERVER_CHK_WEIGHT", -kCheckWeightMax, kCheckWeightMax, -50);
  if (!settings::flag(env, kName, false, findings)) return;
  findings.warning(std::string(kName) +
                   ": checked by a TCP connection to 127.0.0.1:" + std::to_string(check.port) +
                   "; TLS is not spoken, so a server that accepts and does not answer counts as healthy");
  reader.ignored("KUBE_APISERVER_ADDRESS", "the server of this host is checked");
  reader.config().checks.push_back(std::move(check));
}

}  // namespace

std::span<const std::string_view> arcts_names() {
  return kArctsNames;
}

AgentConfig config_from_arcts(const Environment& env, const FileExists& exists, Findings& findings) {
  DialectReader reader(env, exists, findings, settings::Dialect::arcts, "MAIN");
  reader.warn_of_unknown(kArctsNames);
  if (!settings::flag(reader.env(), "KEEPALIVED_AUTOCONF", true, findings)) {
    findings.refuse("KEEPALIVED_AUTOCONF", reader.text("KEEPALIVED_AUTOCONF"),
                    "true; a keepalived.conf of your own is not read here, --config FILE says the same "
                    "(packaging/doc/dialects.md)");
  }
  reader.config().detailed_log = settings::flag(reader.env(), "KEEPALIVED_DEBUG", false, findings);
  // Empty means unset here, unlike with osixia.
  reader.interface("KEEPALIVED_INTERFACE", "eth0");
  if (reader.text("KEEPALIVED_INTERFACE").empty()) reader.router().interface_rule = "eth0";
  using FirstState = DialectReader::FirstState;
  const auto first = reader.first_state("KEEPALIVED_STATE", "MASTER");
  reader.priority("KEEPALIVED_PRIORITY", first == FirstState::master ? 200 : 100);
  reader.router_id(kVrid, 1);
  reader.interval("KEEPALIVED_ADVERT_INT");
  const auto password = env.text(kPassword);
  reader.password(kPassword, password.empty() ? "pwd" + reader.text(kVrid, "1") : password);
  reader.source("KEEPALIVED_UNICAST_SRC_IP");
  const auto names = settings::numbered_names(env, kAddress);
  if (names.empty()) {
    findings.error(std::string(kAddress) +
                   "_1: not set; needed is an address such as 192.0.2.10/24, more as _2, _3, ...");
  }
  for (const auto& name : names) reader.address(name, reader.text(name));
  for (const auto& name : settings::numbered_names(env, kExcluded))
    reader.address(name, reader.text(name), DialectReader::Advertised::no);
  for (const auto& name : settings::numbered_names(env, kPeer)) reader.peer(name, reader.text(name));
  reader.unicast(std::string(kPeer) + "_1");
  track(reader, kTrack);
  for (const auto& name : settings::numbered_names(env, kTrack)) track(reader, name);
  check_kubernetes(reader);
  reader.announce_again(std::chrono::seconds(5), std::chrono::seconds(0));
  reader.ignored("KEEPALIVED_CMD", "no keepalived runs here");
  return reader.finish();
}

}  // namespace vip::vrrp

// Any environment in any dialect: a list of faults, or a router that can be run. Each line is one variable: a
// letter that names it, then its value. The password never appears in what a user is told.
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "common/base/assert.h"
#include "vrrp/core/advertisement.h"
#include "vrrp/core/virtual_router.h"
#include "vrrp/settings/dialects.h"

using namespace vip;        // NOLINT(google-build-using-namespace): one file of helpers for one function
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

namespace {

constexpr auto kNames = std::to_array<std::string_view>({
    "KEEPALIVED_UNICAST_PEERS",
    "KEEPALIVED_VIRTUAL_IPS",
    "KEEPALIVED_PASSWORD",
    "KEEPALIVED_PRIORITY",
    "KEEPALIVED_ROUTER_ID",
    "KEEPALIVED_INTERFACE",
    "KEEPALIVED_STATE",
    "KEEPALIVED_NOTIFY",
    "SWARM_VIP_LEASE",
    "SWARM_VIP_LISTEN",
    "SWARM_VIP_DIALECT",
    "KEEPALIVED_COMMAND_LINE_ARGUMENTS",
    "KEEPALIVED_AUTOCONF",
    "KEEPALIVED_VIRTUAL_IPADDRESS_1",
    "KEEPALIVED_VIRTUAL_IPADDRESS_2",
    "KEEPALIVED_VIRTUAL_IPADDRESS_EXCLUDED_1",
    "KEEPALIVED_UNICAST_PEER_1",
    "KEEPALIVED_UNICAST_PEER_02",
    "KEEPALIVED_TRACK_INTERFACE_1",
    "KEEPALIVED_VIRTUAL_ROUTER_ID",
    "KEEPALIVED_ADVERT_INT",
    "KEEPALIVED_UNICAST_SRC_IP",
    "KEEPALIVED_AUTH_PASS",
    "KEEPALIVED_AUTH_TYPE",
    "KEEPALIVED_VIRTUAL_IP",
    "KEEPALIVED_VIRTUAL_MASK",
    "KEEPALIVED_VRID",
    "KEEPALIVED_CHECK_IP",
    "KEEPALIVED_CHECK_PORT",
    "VIRTUAL_IP",
    "VIRTUAL_MASK",
    "VRID",
    "UNICAST_PEERS",
    "KEEPALIVED_KUBE_APISERVER_CHECK",
});
constexpr std::string_view kSecret = "\x02Zq\x03";  // begins every password and stands in no other value

std::map<std::string, std::string, std::less<>> read(std::string_view text) {
  std::map<std::string, std::string, std::less<>> values;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.find(kSecret) != std::string_view::npos) continue;
    const auto name = kNames.at(static_cast<std::uint8_t>(line.front()) % kNames.size());
    const bool is_secret = name == "KEEPALIVED_PASSWORD" || name == "KEEPALIVED_AUTH_PASS";
    values[std::string(name)] = std::string(is_secret ? kSecret : "") + std::string(line.substr(1));
  }
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  settings::Findings findings;
  const settings::Environment env(read({reinterpret_cast<const char*>(data), size}));
  const auto config =
      config_from_environment(env, [](const std::string& path) { return path.size() % 2 == 0; }, findings);
  for (const auto* texts : {&findings.errors(), &findings.warnings()}) {
    for (const auto& text : *texts) {
      VIP_ASSERT(!text.empty());
      VIP_ASSERT(text.find(kSecret) == std::string::npos);
    }
  }
  if (!findings.ok()) return 0;
  VIP_ASSERT(config.routers.size() == 1);
  const auto& settings = config.routers.front();
  auto protocol = settings.protocol;
  const bool v6 = settings.family() == Family::ipv6;
  VIP_ASSERT(protocol.vrid.value > 0 && !protocol.addresses.empty());
  VIP_ASSERT((protocol.version == Version::v3) == v6);
  VIP_ASSERT((settings.transport == Transport::unicast) == !settings.rules.peers.empty());
  protocol.source = IpAddress::parse(v6 ? "2001:db8::1" : "192.0.2.1").value();
  VirtualRouter router(protocol);
  (void)router.step({}, Started{});
  const Advertisement advertisement{.version = protocol.version,
                                    .vrid = protocol.vrid,
                                    .priority = protocol.priority,
                                    .interval = protocol.advert_interval,
                                    .auth_type = protocol.auth_type,
                                    .auth = protocol.auth,
                                    .addresses = advertised_addresses(protocol)};
  VIP_ASSERT(!advertisement.addresses.empty());
  const Envelope envelope{.source = protocol.source,
                          .destination = IpAddress::parse(v6 ? "2001:db8::2" : "192.0.2.2").value()};
  const auto heard = decode(encode(advertisement, envelope), envelope);
  VIP_ASSERT(heard && heard->advertisement == advertisement);
  return 0;
}

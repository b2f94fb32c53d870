// Any environment as osixia's settings: a list of faults, or a router that can be run. Each line is one
// variable: a letter that names it, then its value. The password never appears in what a user is told.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/assert.h"
#include "vrrp/core/advertisement.h"
#include "vrrp/core/virtual_router.h"
#include "vrrp/settings/agent_config.h"

using namespace vip;        // NOLINT(google-build-using-namespace): one file of helpers for one function
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

namespace {

constexpr std::array<std::string_view, 9> kNames{
    "KEEPALIVED_UNICAST_PEERS", "KEEPALIVED_VIRTUAL_IPS", "KEEPALIVED_PASSWORD",
    "KEEPALIVED_PRIORITY",      "KEEPALIVED_ROUTER_ID",   "KEEPALIVED_INTERFACE",
    "KEEPALIVED_STATE",         "KEEPALIVED_NOTIFY",      "SWARM_VIP_LEASE"};
constexpr std::string_view kPassword = "KEEPALIVED_PASSWORD";
constexpr std::string_view kSecret = "\x02Zq\x03";  // begins every password and stands in no other value

std::map<std::string, std::string, std::less<>> read(std::string_view text) {
  std::map<std::string, std::string, std::less<>> values;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty() || line.find(kSecret) != std::string_view::npos) continue;
    const auto name = kNames.at(static_cast<std::uint8_t>(line.front()) % kNames.size());
    values[std::string(name)] = std::string(name == kPassword ? kSecret : "") + std::string(line.substr(1));
  }
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  settings::Findings findings;
  const settings::Environment env(read({reinterpret_cast<const char*>(data), size}));
  const auto config = config_from_osixia(env, findings);
  for (const auto* texts : {&findings.errors(), &findings.warnings()}) {
    for (const auto& text : *texts) {
      VIP_ASSERT(!text.empty());
      VIP_ASSERT(text.find(kSecret) == std::string::npos);
    }
  }
  if (!findings.ok()) return 0;
  VIP_ASSERT(config.routers.size() == 1);
  auto protocol = config.routers.front().protocol;
  VIP_ASSERT(protocol.vrid.value > 0 && !protocol.addresses.empty());
  protocol.source = IpAddress::v4({192, 0, 2, 1});
  VirtualRouter router(protocol);
  (void)router.step({}, Started{});
  Advertisement advertisement{.version = protocol.version,
                              .vrid = protocol.vrid,
                              .priority = protocol.priority,
                              .interval = protocol.advert_interval,
                              .auth_type = protocol.auth_type,
                              .auth = protocol.auth};
  for (const auto& prefix : protocol.addresses) advertisement.addresses.push_back(prefix.address);
  const Envelope envelope{.source = protocol.source, .destination = IpAddress::v4({192, 0, 2, 2})};
  const auto heard = decode(encode(advertisement, envelope), envelope);
  VIP_ASSERT(heard && heard->advertisement == advertisement);
  return 0;
}

#include "vrrp/sys/capabilities.h"

#include <charconv>
#include <cstdint>

#include <linux/capability.h>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::vrrp {

std::string missing_capabilities() {
  constexpr std::size_t kStatusMax = 65536;
  constexpr std::string_view kKey = "CapEff:";
  const auto status = sys::read_file("/proc/self/status", kStatusMax);
  if (!status) return "";  // no /proc: the sockets will tell
  const auto at = status->find(kKey);
  if (at == std::string::npos) return "";
  const auto digits = trim(std::string_view(*status).substr(at + kKey.size(), 32));
  std::uint64_t effective = 0;
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), effective,
                        16);  // the kernel's own text
  std::string missing;
  if ((effective >> CAP_NET_ADMIN & 1U) == 0) missing = "NET_ADMIN";
  if ((effective >> CAP_NET_RAW & 1U) == 0) missing += missing.empty() ? "NET_RAW" : ", NET_RAW";
  return missing;
}

}  // namespace vip::vrrp

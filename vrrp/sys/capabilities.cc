#include "vrrp/sys/capabilities.h"

#include <charconv>
#include <cstdint>

#include <linux/capability.h>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::vrrp {

namespace {

// As bits; all of them where there is no /proc to ask: the attempt will tell.
std::uint64_t effective_capabilities() {
  constexpr std::size_t kStatusMax = 65536;
  constexpr std::string_view kKey = "CapEff:";
  std::uint64_t effective = ~std::uint64_t{0};
  const auto status = sys::read_file("/proc/self/status", kStatusMax);
  const auto at = status ? status->find(kKey) : std::string::npos;
  if (at == std::string::npos) return effective;
  const auto digits = trim(std::string_view(*status).substr(at + kKey.size(), 32));
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), effective,
                        16);  // the kernel's own text
  return effective;
}

bool is_in(std::uint64_t capabilities, unsigned capability) {
  return (capabilities >> capability & 1U) != 0;
}

}  // namespace

std::string missing_capabilities() {
  const auto effective = effective_capabilities();
  std::string missing;
  if (!is_in(effective, CAP_NET_ADMIN)) missing = "NET_ADMIN";
  if (!is_in(effective, CAP_NET_RAW)) missing += missing.empty() ? "NET_RAW" : ", NET_RAW";
  return missing;
}

bool may_lock_memory_without_limit() {
  return is_in(effective_capabilities(), CAP_IPC_LOCK);
}

}  // namespace vip::vrrp

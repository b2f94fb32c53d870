// Any bytes as an advertisement: what is believed must survive its own encoding.
#include <cstdint>
#include <span>

#include "common/base/assert.h"
#include "vrrp/core/advertisement.h"

using namespace vip;        // NOLINT(google-build-using-namespace): one function
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Envelope kEnvelope{.source = IpAddress::v4({192, 0, 2, 1}),
                                  .destination = IpAddress::v4({192, 0, 2, 2})};
  const std::span packet(data, size);
  const auto decoded = decode(packet, kEnvelope);
  if (!decoded) {
    VIP_ASSERT(!name(decoded.error()).empty());
    return 0;
  }
  const auto again = decode(encode(decoded->advertisement, kEnvelope), kEnvelope);
  VIP_ASSERT(again.has_value());
  VIP_ASSERT(again->advertisement == decoded->advertisement);
  return 0;
}

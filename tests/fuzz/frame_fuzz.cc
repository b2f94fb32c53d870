// Any bytes as what a packet socket or a raw socket hands over: an IPv4 packet, and an Ethernet frame that
// announces an address. What is read survives being written.
#include <cstdint>
#include <span>

#include "common/base/assert.h"
#include "vrrp/core/announcement.h"
#include "vrrp/core/ip_packet.h"

using namespace vip;        // NOLINT(google-build-using-namespace): one file of helpers for one function
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

namespace {

void judge_packet(std::span<const std::uint8_t> bytes) {
  const auto packet = parse_ipv4(bytes);
  if (!packet) return;
  VIP_ASSERT(bytes.size() >= 20 && packet->payload.size() + 20 <= bytes.size());
  VIP_ASSERT(packet->payload.empty() ||
             (packet->payload.data() >= bytes.data() + 20 &&
              packet->payload.data() + packet->payload.size() <= bytes.data() + bytes.size()));
  VIP_ASSERT(packet->envelope.ttl == bytes[8] && packet->envelope.source.bytes()[3] == bytes[15] &&
             packet->envelope.destination.bytes()[0] == bytes[16]);
}

void judge_frame(std::span<const std::uint8_t> bytes) {
  const auto announcement = parse_announcement(bytes);
  if (!announcement) return;
  const auto again = parse_announcement(encode(*announcement));
  VIP_ASSERT(again && *again == *announcement);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  judge_packet({data, size});
  judge_frame({data, size});
  return 0;
}

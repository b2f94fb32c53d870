// Any bytes as an advertisement. The first byte says how they come: bit 0 over IPv6, bit 1 by multicast, bit
// 2 with the checksum repaired, so that the fuzzer gets past it. What is believed must be what the bytes say,
// read here a second time, and must survive its own encoding.
#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/assert.h"
#include "common/base/bytes.h"
#include "vrrp/core/advertisement.h"

using namespace vip;        // NOLINT(google-build-using-namespace): one file of helpers for one function
using namespace vip::vrrp;  // NOLINT(google-build-using-namespace)

namespace {

constexpr std::size_t kHeader = 8;

Envelope envelope_of(bool ipv6, bool multicast) {
  if (!ipv6) {
    return {.source = IpAddress::v4({192, 0, 2, 1}),
            .destination = multicast ? IpAddress::v4({224, 0, 0, 18}) : IpAddress::v4({192, 0, 2, 2})};
  }
  return {.source = IpAddress::parse("fe80::1").value(),
          .destination = IpAddress::parse(multicast ? "ff02::12" : "fe80::2").value()};
}

std::size_t claimed_size(std::span<const std::uint8_t> packet, bool ipv6) {
  return kHeader + packet[3] * std::size_t{ipv6 ? 16U : 4U} + (packet[0] >> 4U == 2 ? 8 : 0);
}

void repair(std::vector<std::uint8_t>& packet, const Envelope& envelope, bool ipv6) {
  if (packet.size() < kHeader) return;
  packet[6] = packet[7] = 0;
  const auto size = ipv6 ? packet.size() : std::min(packet.size(), claimed_size(packet, ipv6));
  InternetChecksum sum;
  if (ipv6) {
    sum.add(envelope.source.bytes());
    sum.add(envelope.destination.bytes());
    sum.add_u16(static_cast<std::uint16_t>(size));
    sum.add_u16(112);
  }
  sum.add(std::span(packet).first(size));
  packet[6] = static_cast<std::uint8_t>(sum.value() >> 8U);
  packet[7] = static_cast<std::uint8_t>(sum.value() & 0xFFU);
}

void check_fields(const Advertisement& read, std::span<const std::uint8_t> packet, bool ipv6) {
  VIP_ASSERT(static_cast<unsigned>(read.version) == packet[0] >> 4U);
  VIP_ASSERT((packet[0] & 0x0FU) == 1);
  VIP_ASSERT(read.vrid.value == packet[1] && read.priority.value == packet[2]);
  VIP_ASSERT(read.addresses.size() == packet[3]);
  const auto size = ipv6 ? std::size_t{16} : std::size_t{4};
  for (std::size_t i = 0; i < read.addresses.size(); ++i)
    VIP_ASSERT(std::ranges::equal(read.addresses[i].bytes(), packet.subspan(kHeader + i * size, size)));
  const auto field = (packet[4] & 0x0FU) * 256 + packet[5];
  VIP_ASSERT(read.interval > Duration::zero());
  if (read.version == Version::v2) {
    VIP_ASSERT(!ipv6 && read.interval == std::chrono::seconds(packet[5]));
    VIP_ASSERT(std::ranges::equal(read.auth, packet.subspan(kHeader + read.addresses.size() * 4, 8)));
  } else {
    VIP_ASSERT(!read.addresses.empty() && read.interval == std::chrono::milliseconds(10 * field));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool ipv6 = (data[0] & 1U) != 0;
  const auto envelope = envelope_of(ipv6, (data[0] & 2U) != 0);
  std::vector<std::uint8_t> packet(data + 1, data + size);
  if (packet.size() > 0xFFFF) return 0;
  if ((data[0] & 4U) != 0) repair(packet, envelope, ipv6);

  const auto decoded = decode(packet, envelope);
  if (!decoded) {
    VIP_ASSERT(decoded.error() != Discard::count && !name(decoded.error()).empty());
    return 0;
  }
  const auto& read = decoded->advertisement;
  check_fields(read, packet, ipv6);
  const auto message = claimed_size(packet, ipv6);
  VIP_ASSERT(!decode(std::span(packet).first(message - 1), envelope));

  const auto written = encode(read, envelope);
  const auto again = decode(written, envelope);
  VIP_ASSERT(again.has_value() && again->advertisement == read);
  // The one way to write it: nothing behind the message, reserved bits zero, the form that we send, and of
  // the two zeros of the checksum's arithmetic the one without bits.
  const bool plain_zero = packet[6] != 0xFF || packet[7] != 0xFF;
  const bool exact = packet.size() == message && (read.version == Version::v2 || packet[4] < 16);
  if (exact && plain_zero && decoded->checksum == again->checksum)
    VIP_ASSERT(std::ranges::equal(written, packet));
  return 0;
}

#include "vrrp/core/announcement.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"

namespace vip::vrrp {
namespace {

constexpr MacAddress kBroadcast{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
constexpr MacAddress kAllNodesMac{0x33, 0x33, 0, 0, 0, 1};
constexpr std::array<std::uint8_t, 16> kAllNodes{0xFF, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr std::uint16_t kEtherArp = 0x0806;
constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherIpv6 = 0x86DD;
constexpr std::uint16_t kArpEthernet = 1;
constexpr std::uint16_t kArpRequest = 1;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint8_t kNeighborAdvertisement = 136;
constexpr std::uint8_t kFlagRouter = 0x80;
constexpr std::uint8_t kFlagSolicited = 0x40;
constexpr std::uint8_t kFlagOverride = 0x20;
constexpr std::uint8_t kTargetLinkLayer = 2;  // the option, of one unit of 8 bytes
constexpr std::uint8_t kHopLimit = 255;
constexpr std::size_t kNaSize = 32;
constexpr std::size_t kNaChecksumOffset = 14 + 40 + 2;

std::vector<std::uint8_t> gratuitous_arp(const Announcement& announcement) {
  ByteWriter frame;
  frame.bytes(kBroadcast);
  frame.bytes(announcement.mac);
  frame.u16(kEtherArp);
  frame.u16(kArpEthernet);
  frame.u16(kEtherIpv4);
  frame.u8(static_cast<std::uint8_t>(announcement.mac.size()));
  frame.u8(4);
  frame.u16(kArpRequest);
  frame.bytes(announcement.mac);
  frame.bytes(announcement.address.bytes());
  frame.bytes(kBroadcast);
  frame.bytes(announcement.address.bytes());
  return std::move(frame).take();
}

std::vector<std::uint8_t> unsolicited_advertisement(const Announcement& announcement) {
  ByteWriter body;  // of ICMPv6
  body.u8(kNeighborAdvertisement);
  body.u8(0);
  body.u16(0);
  body.u8(static_cast<std::uint8_t>(kFlagOverride | (announcement.from_router ? kFlagRouter : 0U)));
  body.zeros(3);
  body.bytes(announcement.address.bytes());
  body.u8(kTargetLinkLayer);
  body.u8(1);
  body.bytes(announcement.mac);
  InternetChecksum sum;
  sum.add(announcement.address.bytes());
  sum.add(kAllNodes);
  sum.add_u16(kNaSize);
  sum.add_u16(kIcmpv6);
  sum.add(body.view());

  ByteWriter frame;
  frame.bytes(kAllNodesMac);
  frame.bytes(announcement.mac);
  frame.u16(kEtherIpv6);
  frame.u16(0x6000);  // version 6
  frame.u16(0);
  frame.u16(kNaSize);
  frame.u8(kIcmpv6);
  frame.u8(kHopLimit);
  frame.bytes(announcement.address.bytes());
  frame.bytes(kAllNodes);
  frame.bytes(body.view());
  frame.patch_u16(kNaChecksumOffset, sum.value());
  return std::move(frame).take();
}

std::optional<Announcement> parse_arp(ByteReader reader) {
  const bool ethernet = reader.u16() == kArpEthernet && reader.u16() == kEtherIpv4;
  const auto sizes = reader.u16();
  (void)reader.u16();  // a request or a reply: both forms are in use
  Announcement announcement;
  const auto mac = reader.bytes(announcement.mac.size());
  const auto sender = reader.bytes(4);
  (void)reader.bytes(announcement.mac.size());
  const auto target = reader.bytes(4);
  if (!reader.ok() || !ethernet || sizes != 0x0604 || !std::ranges::equal(sender, target))
    return std::nullopt;
  std::ranges::copy(mac, announcement.mac.begin());
  announcement.address = IpAddress::from_bytes(sender).value_or(IpAddress());
  return announcement;
}

std::optional<Announcement> parse_advertisement(ByteReader reader, const MacAddress& sender) {
  (void)reader.bytes(6);  // class, flow, length
  const bool to_read = reader.u8() == kIcmpv6 && reader.u8() == kHopLimit;
  (void)reader.bytes(32);  // the addresses: its target is what counts
  const bool is_one = reader.u16() == kNeighborAdvertisement << 8U;
  (void)reader.u16();
  const auto flags = reader.u8();
  (void)reader.bytes(3);
  const auto target = reader.bytes(16);
  if (!reader.ok() || !to_read || !is_one || (flags & kFlagSolicited) != 0) return std::nullopt;
  return Announcement{.address = IpAddress::from_bytes(target).value_or(IpAddress()),
                      .mac = sender,
                      .from_router = (flags & kFlagRouter) != 0};
}

}  // namespace

std::vector<std::uint8_t> encode(const Announcement& announcement) {
  return announcement.address.family() == Family::ipv4 ? gratuitous_arp(announcement)
                                                       : unsolicited_advertisement(announcement);
}

std::optional<Announcement> parse_announcement(std::span<const std::uint8_t> frame) {
  ByteReader reader(frame);
  (void)reader.bytes(6);
  const auto sender = reader.bytes(6);
  const auto type = reader.u16();
  if (!reader.ok()) return std::nullopt;
  if (type == kEtherArp) return parse_arp(reader);
  if (type != kEtherIpv6) return std::nullopt;
  MacAddress mac{};
  std::ranges::copy(sender, mac.begin());
  return parse_advertisement(reader, mac);
}

MacAddress virtual_mac(Family family, std::uint8_t vrid) {
  return {0x00, 0x00, 0x5E, 0x00, static_cast<std::uint8_t>(family == Family::ipv4 ? 1 : 2), vrid};
}

}  // namespace vip::vrrp

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
constexpr std::uint16_t kArpReply = 2;
constexpr std::uint8_t kIcmpv6 = 58;
constexpr std::uint8_t kNeighborSolicitation = 135;
constexpr std::uint8_t kNeighborAdvertisement = 136;
constexpr std::uint8_t kFlagRouter = 0x80;
constexpr std::uint8_t kFlagSolicited = 0x40;
constexpr std::uint8_t kFlagOverride = 0x20;
constexpr std::ptrdiff_t kEthernetSource = 6;
constexpr std::size_t kOptionUnit = 8;
constexpr std::uint8_t kTargetLinkLayer = 2;  // the option, of one unit of 8 bytes
constexpr std::uint8_t kHopLimit = 255;
constexpr std::size_t kIcmpv6ChecksumOffset = 14 + 40 + 2;

struct Station {
  MacAddress mac{};
  IpAddress address;
};

std::vector<std::uint8_t> arp(std::uint16_t operation, const MacAddress& to, const Announcement& sender,
                              const Station& target) {
  ByteWriter frame;
  frame.bytes(to);
  frame.bytes(sender.mac);
  frame.u16(kEtherArp);
  frame.u16(kArpEthernet);
  frame.u16(kEtherIpv4);
  frame.u8(static_cast<std::uint8_t>(sender.mac.size()));
  frame.u8(4);
  frame.u16(operation);
  frame.bytes(sender.mac);
  frame.bytes(sender.address.bytes());
  frame.bytes(target.mac);
  frame.bytes(target.address.bytes());
  return std::move(frame).take();
}

std::vector<std::uint8_t> icmpv6(const Station& from, const Station& to, std::span<const std::uint8_t> body) {
  const auto size = static_cast<std::uint16_t>(body.size());
  InternetChecksum sum;
  sum.add(from.address.bytes());
  sum.add(to.address.bytes());
  sum.add_u16(size);
  sum.add_u16(kIcmpv6);
  sum.add(body);

  ByteWriter frame;
  frame.bytes(to.mac);
  frame.bytes(from.mac);
  frame.u16(kEtherIpv6);
  frame.u16(0x6000);  // version 6
  frame.u16(0);
  frame.u16(size);
  frame.u8(kIcmpv6);
  frame.u8(kHopLimit);
  frame.bytes(from.address.bytes());
  frame.bytes(to.address.bytes());
  frame.bytes(body);
  frame.patch_u16(kIcmpv6ChecksumOffset, sum.value());
  return std::move(frame).take();
}

std::vector<std::uint8_t> neighbor_advertisement(const Announcement& announcement, const MacAddress& to_mac,
                                                 const IpAddress& to, bool solicited) {
  ByteWriter body;  // of ICMPv6
  body.u8(kNeighborAdvertisement);
  body.u8(0);
  body.u16(0);
  body.u8(static_cast<std::uint8_t>(kFlagOverride | (announcement.from_router ? kFlagRouter : 0U) |
                                    (solicited ? kFlagSolicited : 0U)));
  body.zeros(3);
  body.bytes(announcement.address.bytes());
  body.u8(kTargetLinkLayer);
  body.u8(1);
  body.bytes(announcement.mac);
  return icmpv6({.mac = announcement.mac, .address = announcement.address}, {.mac = to_mac, .address = to},
                body.view());
}

struct ArpPacket {
  std::uint16_t operation = 0;
  MacAddress sender_mac{};
  IpAddress sender;
  IpAddress target;
};

std::optional<ArpPacket> parse_arp(ByteReader reader) {
  const bool ethernet = reader.u16() == kArpEthernet && reader.u16() == kEtherIpv4;
  const auto sizes = reader.u16();
  ArpPacket packet;
  packet.operation = reader.u16();
  const auto mac = reader.bytes(packet.sender_mac.size());
  const auto sender = reader.bytes(4);
  (void)reader.bytes(packet.sender_mac.size());
  const auto target = reader.bytes(4);
  if (!reader.ok() || !ethernet || sizes != 0x0604) return std::nullopt;
  std::ranges::copy(mac, packet.sender_mac.begin());
  packet.sender = IpAddress::from_bytes(sender).value_or(IpAddress());
  packet.target = IpAddress::from_bytes(target).value_or(IpAddress());
  return packet;
}

struct NeighborMessage {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  IpAddress source;
  IpAddress target;
  std::optional<MacAddress> target_mac;
};

std::optional<MacAddress> find_target_mac(ByteReader options) {
  while (options.remaining() >= kOptionUnit) {
    const auto type = options.u8();
    const auto units = options.u8();
    if (units == 0) return std::nullopt;
    const auto mac = options.bytes(MacAddress().size());
    if (type == kTargetLinkLayer && units == 1) {
      MacAddress found{};
      std::ranges::copy(mac, found.begin());
      return found;
    }
    (void)options.bytes((units - 1) * kOptionUnit);
  }
  return std::nullopt;
}

// A solicitation or an advertisement that came over one link only.
std::optional<NeighborMessage> parse_neighbor_message(ByteReader reader) {
  (void)reader.bytes(6);  // class, flow, length
  const bool to_read = reader.u8() == kIcmpv6 && reader.u8() == kHopLimit;
  NeighborMessage message;
  const auto source = reader.bytes(16);
  (void)reader.bytes(16);
  message.type = reader.u8();
  const auto code = reader.u8();
  (void)reader.u16();
  message.flags = reader.u8();
  (void)reader.bytes(3);
  const auto target = reader.bytes(16);
  if (!reader.ok() || !to_read || code != 0) return std::nullopt;
  message.source = IpAddress::from_bytes(source).value_or(IpAddress());
  message.target = IpAddress::from_bytes(target).value_or(IpAddress());
  message.target_mac = find_target_mac(reader);
  return message;
}

// What of a frame is the same for all.
struct Ethernet {
  MacAddress sender{};
  std::uint16_t type = 0;
  ByteReader rest{{}};
};

std::optional<Ethernet> parse_ethernet(std::span<const std::uint8_t> frame) {
  ByteReader reader(frame);
  (void)reader.bytes(6);
  const auto sender = reader.bytes(6);
  Ethernet header;
  header.type = reader.u16();
  if (!reader.ok()) return std::nullopt;
  std::ranges::copy(sender, header.sender.begin());
  header.rest = reader;
  return header;
}

}  // namespace

std::string text(const MacAddress& mac) {
  std::array<char, 18> text{};
  (void)std::snprintf(text.data(), text.size(), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
                      mac[3], mac[4], mac[5]);
  return text.data();
}

std::vector<std::uint8_t> encode(const Announcement& announcement) {
  if (announcement.address.family() == Family::ipv4)
    return arp(kArpRequest, kBroadcast, announcement, {.mac = kBroadcast, .address = announcement.address});
  return neighbor_advertisement(announcement, kAllNodesMac, IpAddress::v6(kAllNodes), /*solicited=*/false);
}

std::vector<std::uint8_t> encode_for_another(const Announcement& announcement, const MacAddress& from) {
  auto frame = encode(announcement);
  std::ranges::copy(from, frame.begin() + kEthernetSource);
  return frame;
}

std::vector<std::uint8_t> encode_answer(const Question& question, const Announcement& answer) {
  if (answer.address.family() == Family::ipv4) {
    return arp(kArpReply, question.asker_mac, answer, {.mac = question.asker_mac, .address = question.asker});
  }
  if (question.asker.is_unspecified()) return encode(answer);
  return neighbor_advertisement(answer, question.asker_mac, question.asker, /*solicited=*/true);
}

std::vector<std::uint8_t> encode_probe(const IpAddress& address, const MacAddress& from) {
  if (address.family() == Family::ipv4) {
    return arp(kArpRequest, kBroadcast, {.address = IpAddress(), .mac = from},
               {.mac = {}, .address = address});
  }
  // RFC 4291, 2.7.1: the group of all that end in the same 24 bits.
  std::array<std::uint8_t, 16> group{0xFF, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xFF};
  std::ranges::copy(address.bytes().last(3), group.begin() + 13);
  const MacAddress group_mac{0x33, 0x33, 0xFF, group[13], group[14], group[15]};
  ByteWriter body;
  body.u8(kNeighborSolicitation);
  body.u8(0);
  body.u16(0);
  body.zeros(4);
  body.bytes(address.bytes());
  return icmpv6({.mac = from, .address = IpAddress::v6({})},
                {.mac = group_mac, .address = IpAddress::v6(group)}, body.view());
}

std::optional<Announcement> parse_owner(std::span<const std::uint8_t> frame) {
  const auto ethernet = parse_ethernet(frame);
  if (!ethernet) return std::nullopt;
  if (ethernet->type == kEtherArp) {
    const auto packet = parse_arp(ethernet->rest);
    if (!packet || packet->sender.is_unspecified()) return std::nullopt;
    return Announcement{.address = packet->sender, .mac = packet->sender_mac};
  }
  if (ethernet->type != kEtherIpv6) return std::nullopt;
  const auto message = parse_neighbor_message(ethernet->rest);
  if (!message || message->type != kNeighborAdvertisement) return std::nullopt;
  return Announcement{.address = message->target,
                      .mac = ethernet->sender,
                      .from_router = (message->flags & kFlagRouter) != 0};
}

std::optional<Announcement> parse_announcement(std::span<const std::uint8_t> frame) {
  const auto ethernet = parse_ethernet(frame);
  if (!ethernet) return std::nullopt;
  if (ethernet->type == kEtherArp) {
    const auto packet = parse_arp(ethernet->rest);  // a request or a reply: both forms are in use
    if (!packet || packet->sender != packet->target) return std::nullopt;
    return Announcement{.address = packet->sender, .mac = packet->sender_mac};
  }
  if (ethernet->type != kEtherIpv6) return std::nullopt;
  const auto message = parse_neighbor_message(ethernet->rest);
  if (!message || message->type != kNeighborAdvertisement || (message->flags & kFlagSolicited) != 0)
    return std::nullopt;
  return Announcement{.address = message->target,
                      .mac = message->target_mac.value_or(ethernet->sender),
                      .from_router = (message->flags & kFlagRouter) != 0};
}

std::optional<Question> parse_question(std::span<const std::uint8_t> frame) {
  const auto ethernet = parse_ethernet(frame);
  if (!ethernet) return std::nullopt;
  if (ethernet->type == kEtherArp) {
    const auto packet = parse_arp(ethernet->rest);
    if (!packet || packet->operation != kArpRequest || packet->sender == packet->target) return std::nullopt;
    return Question{.target = packet->target, .asker = packet->sender, .asker_mac = packet->sender_mac};
  }
  if (ethernet->type != kEtherIpv6) return std::nullopt;
  const auto message = parse_neighbor_message(ethernet->rest);
  if (!message || message->type != kNeighborSolicitation) return std::nullopt;
  return Question{.target = message->target, .asker = message->source, .asker_mac = ethernet->sender};
}

MacAddress virtual_mac(Family family, std::uint8_t vrid) {
  return {0x00, 0x00, 0x5E, 0x00, static_cast<std::uint8_t>(family == Family::ipv4 ? 1 : 2), vrid};
}

}  // namespace vip::vrrp

// How the LAN learns where an address lives, as Ethernet frames: gratuitous ARP for IPv4 (RFC 5227, 3; RFC
// 9568 8.1.2 with errata 7947 and 7949) and the unsolicited neighbour advertisement for IPv6 (RFC 4861, 4.4;
// RFC 9568, 8.2.2). Both are read, too, to notice somebody else who claims an address. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/ip_address.h"

namespace vip::vrrp {

using MacAddress = std::array<std::uint8_t, 6>;
[[nodiscard]] std::string text(const MacAddress& mac);  // "02:42:ac:11:00:02"

struct Announcement {
  IpAddress address;
  MacAddress mac{};
  // IPv6 only: the sender forwards packets (the R flag), so that hosts with a route through it keep it.
  bool from_router = false;
  friend bool operator==(const Announcement&, const Announcement&) = default;
};

// The whole frame: to all stations, from the announced MAC.
[[nodiscard]] std::vector<std::uint8_t> encode(const Announcement& announcement);

// What a frame says about its sender's address: an ARP packet with the same sender and target, or an
// unsolicited neighbour advertisement with hop limit 255. Nothing for all other frames.
[[nodiscard]] std::optional<Announcement> parse_announcement(std::span<const std::uint8_t> frame);

// The frame that asks whether anybody has an address, without claiming it: an ARP probe (RFC 5227, 2.1.1), or
// a neighbour solicitation from nobody (RFC 4862, 5.4.2).
[[nodiscard]] std::vector<std::uint8_t> encode_probe(const IpAddress& address, const MacAddress& from);

// Who has an address, by whatever a frame shows: each ARP packet of a sender with an address, each neighbour
// advertisement. Probes show nothing: who asks does not have it.
[[nodiscard]] std::optional<Announcement> parse_owner(std::span<const std::uint8_t> frame);

// A neighbour who asks who has an address: an ARP request for another than its own, or a neighbour
// solicitation.
struct Question {
  IpAddress target;
  IpAddress asker;  // unspecified while it only wants to know whether the address is free
  MacAddress asker_mac{};
  friend bool operator==(const Question&, const Question&) = default;
};
[[nodiscard]] std::optional<Question> parse_question(std::span<const std::uint8_t> frame);

// The frame that answers: an ARP reply, or a solicited neighbour advertisement (RFC 4861, 7.2.4).
[[nodiscard]] std::vector<std::uint8_t> encode_answer(const Question& question, const Announcement& answer);

// The virtual router's own MAC: 00-00-5E-00-01-VRID for IPv4, 00-00-5E-00-02-VRID for IPv6 (RFC 9568, 7.3).
[[nodiscard]] MacAddress virtual_mac(Family family, std::uint8_t vrid);

}  // namespace vip::vrrp

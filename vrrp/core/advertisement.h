// The VRRP advertisement as bytes and as a value: version 2 (RFC 3768, 5; IPv4 only) and version 3 (RFC 9568,
// 5). Pure; nothing is allocated for a packet that is refused before its addresses.
//
//   version 3                                          version 2
//    0       1       2       3                          0       1       2       3
//   +-------+-------+-------+-------+                  +-------+-------+-------+-------+
//   |3|  1  | vrid  | prio  | count |                  |2|  1  | vrid  | prio  | count |
//   +-------+-------+-------+-------+                  +-------+-------+-------+-------+
//   |0| interval cs |   checksum    |                  | auth  | secs  |   checksum    |
//   +-------+-------+-------+-------+                  +-------+-------+-------+-------+
//   |    addresses, of 4 or 16 ...  |                  |         addresses ...         |
//   +-------+-------+-------+-------+                  +-------+-------+-------+-------+
//                                                      |  authentication data, 8 bytes |
//                                                      +-------+-------+-------+-------+
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "common/base/ids.h"
#include "common/base/ip_address.h"
#include "common/base/time.h"

namespace vip::vrrp {

enum class Version : std::uint8_t { v2 = 2, v3 = 3 };

// RFC 2338, 10 (gone from RFC 3768, still spoken by keepalived): none, or 8 bytes of clear text.
enum class AuthType : std::uint8_t { none = 0, password = 1 };
using AuthData = std::array<std::uint8_t, 8>;

// The password as it stands on the wire: its first 8 bytes, padded with zeros.
[[nodiscard]] AuthData auth_data(std::string_view password);

struct Advertisement {
  Version version = Version::v3;
  Vrid vrid;
  Priority priority;
  Duration interval{};                  // v3: whole centiseconds, 1 to 4095; v2: whole seconds, 1 to 255
  AuthType auth_type = AuthType::none;  // version 2 only
  AuthData auth{};
  std::vector<IpAddress> addresses;
  friend bool operator==(const Advertisement&, const Advertisement&) = default;
};

// Why a packet was not believed. Each has a counter of its own, under name().
enum class Discard : std::uint8_t {
  malformed,        // shorter than it says, or of another family
  version,          // neither 2 nor 3, or not the one configured
  type,             // not an advertisement
  checksum,         // none of the forms in use fits
  no_addresses,     // count 0 in version 3 (RFC 9568 erratum 8299)
  zero_interval,    // interval 0 (RFC 9568 erratum 8301)
  ttl,              // not 255 (RFC 9568, 7.1)
  vrid,             // not ours
  own_address,      // our own packet
  owner,            // version 2, and the addresses are ours (RFC 3768, 7.1)
  other_interface,  // came from another network that happens to use our vrid
  unknown_source,   // not one of the peers
  authentication,   // other type or other password (version 2); no, unknown or wrong signature
  replay,           // signed, but not newer than what its source said before
  stale,            // signed, but too old: by our clock, where a window is set; asked before we slept
  interval,         // not our interval (version 2: RFC 3768, 7.1)
  count,
};
inline constexpr auto kDiscardCount = static_cast<std::size_t>(Discard::count);
[[nodiscard]] std::string_view name(Discard discard);

// What was believed and yet is worth a count: it tells of wrong settings, or of another reading of the RFCs.
enum class Notice : std::uint8_t {
  other_interval,         // version 3: the sender's interval is not ours (it is followed)
  other_addresses,        // the sender's list of addresses is not ours, in whatever order
  checksum_message_only,  // version 3 over IPv4: RFC 9568's form
  checksum_multicast,     // version 3 over IPv4: FRR's form, with the group as destination
  first_not_link_local,   // IPv6: RFC 9568 erratum 8300 (keepalived and we send what the user gave)
  owner_conflict,         // we own the addresses, and yet somebody else advertises (erratum 8298)
  count,
};
inline constexpr auto kNoticeCount = static_cast<std::size_t>(Notice::count);
[[nodiscard]] std::string_view name(Notice notice);

// What version 3 over IPv4 sums: RFC 5798 was read with a pseudo-header by keepalived (with the real
// destination) and by FRR (with the multicast group); RFC 9568 says the message only. Over IPv6 there is one
// form, the pseudo-header of RFC 8200, and it covers all of the packet, a trailer too.
enum class ChecksumForm : std::uint8_t { pseudo_header, message_only, multicast_pseudo_header };

// Where a packet came from and went to; the IP header's part in the checksum. Its family is the packet's.
struct Envelope {
  IpAddress source;
  IpAddress destination;
  std::uint8_t ttl = 255;
  IfIndex interface;  // where it came in; 0: not known
};

struct Decoded {
  Advertisement advertisement;
  ChecksumForm checksum = ChecksumForm::message_only;
};

// Bytes after the message are ignored (RFC 9568, 7.1 asks for the complete message, not for its end).
[[nodiscard]] std::expected<Decoded, Discard> decode(std::span<const std::uint8_t> packet,
                                                     const Envelope& envelope);

// The message with its checksum. Over IPv4 in version 3 that is of the form asked for: the pseudo header with
// the real destination, which keepalived and FRR understand, or RFC 9568's message only. All addresses are of
// the envelope's family.
[[nodiscard]] std::vector<std::uint8_t> encode(const Advertisement& advertisement, const Envelope& envelope,
                                               ChecksumForm form = ChecksumForm::pseudo_header);

// Appends bytes to an encoded message. Over IPv6 they are part of what the checksum covers.
void append_trailer(std::vector<std::uint8_t>& message, std::span<const std::uint8_t> trailer,
                    const Envelope& envelope);

// VRRP's multicast group: 224.0.0.18 and ff02::12 (RFC 9568, 5.1.1.2 and 5.1.2.2).
[[nodiscard]] IpAddress multicast_group(Family family);

}  // namespace vip::vrrp

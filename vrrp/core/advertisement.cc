#include "vrrp/core/advertisement.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/base/assert.h"
#include "common/base/bytes.h"

namespace vip::vrrp {
namespace {

using Centiseconds = std::chrono::duration<std::int64_t, std::centi>;

constexpr std::uint8_t kTypeAdvertisement = 1;
constexpr std::uint8_t kProtocol = 112;
constexpr std::size_t kHeaderSize = 8;
constexpr std::size_t kChecksumOffset = 6;
constexpr std::uint16_t kIntervalMask = 0x0FFF;
constexpr std::array<std::uint8_t, 4> kMulticastGroup{224, 0, 0, 18};
constexpr std::size_t kAddressSize4 = 4;
constexpr std::size_t kAddressSize6 = 16;

constexpr std::array<std::string_view, kDiscardCount> kDiscardNames{
    "malformed", "version",     "type",  "checksum",        "no_addresses",   "zero_interval",  "ttl",
    "vrid",      "own_address", "owner", "other_interface", "unknown_source", "authentication", "replay",
    "stale",     "interval"};

constexpr std::array<std::string_view, kNoticeCount> kNoticeNames{
    "other_interval",     "other_addresses",      "checksum_message_only",
    "checksum_multicast", "first_not_link_local", "owner_conflict"};

std::uint16_t sum_message(std::span<const std::uint8_t> message) {
  InternetChecksum sum;
  sum.add(message);
  return sum.value();
}

std::uint16_t sum_with_pseudo_header(std::span<const std::uint8_t> message, const IpAddress& source,
                                     std::span<const std::uint8_t> destination) {
  InternetChecksum sum;
  sum.add(source.bytes());
  sum.add(destination);
  sum.add_u16(kProtocol);  // the fields are wider over IPv6, which adds zeros only
  sum.add_u16(static_cast<std::uint16_t>(message.size()));
  sum.add(message);
  return sum.value();
}

// Over a packet that carries its checksum the sum is 0 when it is right.
std::optional<ChecksumForm> matching_form(Version version, std::span<const std::uint8_t> packet,
                                          std::size_t message_size, const Envelope& envelope) {
  const auto destination = envelope.destination.bytes();
  const auto message = packet.first(message_size);
  if (envelope.source.family() == Family::ipv6) {
    if (sum_with_pseudo_header(packet, envelope.source, destination) == 0) return ChecksumForm::pseudo_header;
    return std::nullopt;
  }
  const bool over_message = sum_message(message) == 0;
  if (version == Version::v2) return over_message ? std::optional(ChecksumForm::message_only) : std::nullopt;
  if (sum_with_pseudo_header(message, envelope.source, destination) == 0) return ChecksumForm::pseudo_header;
  if (over_message) return ChecksumForm::message_only;
  if (sum_with_pseudo_header(message, envelope.source, kMulticastGroup) == 0)
    return ChecksumForm::multicast_pseudo_header;
  return std::nullopt;
}

constexpr std::size_t address_size(Family family) {
  return family == Family::ipv4 ? kAddressSize4 : kAddressSize6;
}

std::size_t message_size(Version version, Family family, std::size_t count) {
  const std::size_t auth = version == Version::v2 ? std::tuple_size_v<AuthData> : 0;
  return kHeaderSize + count * address_size(family) + auth;
}

void read_body(ByteReader& reader, Family family, std::size_t count, Advertisement& advertisement) {
  advertisement.addresses.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto address = IpAddress::from_bytes(reader.bytes(address_size(family))))
      advertisement.addresses.push_back(*address);
  }
  if (advertisement.version == Version::v2)
    std::ranges::copy(reader.bytes(advertisement.auth.size()), advertisement.auth.begin());
}

}  // namespace

AuthData auth_data(std::string_view password) {
  AuthData data{};
  std::ranges::copy(password.substr(0, data.size()), data.begin());
  return data;
}

std::string_view name(Discard discard) {
  return kDiscardNames.at(static_cast<std::size_t>(discard));
}

std::string_view name(Notice notice) {
  return kNoticeNames.at(static_cast<std::size_t>(notice));
}

IpAddress multicast_group(Family family) {
  if (family == Family::ipv4) return IpAddress::v4(kMulticastGroup);
  return IpAddress::v6({0xFF, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x12});
}

std::expected<Decoded, Discard> decode(std::span<const std::uint8_t> packet, const Envelope& envelope) {
  ByteReader reader(packet);
  const auto version_and_type = reader.u8();
  Decoded decoded;
  auto& advertisement = decoded.advertisement;
  advertisement.vrid = Vrid(reader.u8());
  advertisement.priority = Priority(reader.u8());
  const std::size_t count = reader.u8();
  const auto auth_or_high = reader.u8();
  const auto seconds_or_low = reader.u8();
  (void)reader.u16();  // the checksum takes part in the sum below
  if (!reader.ok()) return std::unexpected(Discard::malformed);
  const auto family = envelope.source.family();

  const unsigned version = version_and_type >> 4U;
  const bool spoken = version == 3 || (version == 2 && family == Family::ipv4);
  if (!spoken) return std::unexpected(Discard::version);
  advertisement.version = static_cast<Version>(version);
  if ((version_and_type & 0x0FU) != kTypeAdvertisement) return std::unexpected(Discard::type);
  const auto size = message_size(advertisement.version, family, count);
  if (packet.size() < size) return std::unexpected(Discard::malformed);
  const auto form = matching_form(advertisement.version, packet, size, envelope);
  if (!form) return std::unexpected(Discard::checksum);
  decoded.checksum = *form;

  if (advertisement.version == Version::v2) {
    advertisement.auth_type = static_cast<AuthType>(auth_or_high);
    advertisement.interval = std::chrono::seconds(seconds_or_low);
  } else {
    const auto field = static_cast<std::uint16_t>(auth_or_high << 8U | seconds_or_low);
    advertisement.interval = Centiseconds(field & kIntervalMask);  // the upper bits are reserved
    if (count == 0) return std::unexpected(Discard::no_addresses);
  }
  if (advertisement.interval == Duration::zero()) return std::unexpected(Discard::zero_interval);
  read_body(reader, family, count, advertisement);
  return decoded;
}

std::vector<std::uint8_t> encode(const Advertisement& advertisement, const Envelope& envelope,
                                 ChecksumForm form) {
  VIP_ASSERT(advertisement.addresses.size() <= 255);
  const bool v2 = advertisement.version == Version::v2;
  ByteWriter writer(
      message_size(advertisement.version, envelope.source.family(), advertisement.addresses.size()));
  writer.u8(static_cast<std::uint8_t>(std::to_underlying(advertisement.version) << 4U | kTypeAdvertisement));
  writer.u8(advertisement.vrid.value);
  writer.u8(advertisement.priority.value);
  writer.u8(static_cast<std::uint8_t>(advertisement.addresses.size()));
  if (v2) {
    writer.u8(std::to_underlying(advertisement.auth_type));
    writer.u8(static_cast<std::uint8_t>(
        std::chrono::duration_cast<std::chrono::seconds>(advertisement.interval).count()));
  } else {
    const auto field = std::chrono::duration_cast<Centiseconds>(advertisement.interval).count();
    writer.u16(static_cast<std::uint16_t>(field & kIntervalMask));
  }
  writer.u16(0);
  for (const auto& address : advertisement.addresses) {
    VIP_ASSERT(address.family() == envelope.source.family());
    writer.bytes(address.bytes());
  }
  if (v2) writer.bytes(advertisement.auth);
  const bool over_ipv4 = envelope.source.family() == Family::ipv4;
  const bool message_only = v2 || (over_ipv4 && form == ChecksumForm::message_only);
  const auto checksum =
      message_only ? sum_message(writer.view())
                   : sum_with_pseudo_header(writer.view(), envelope.source, envelope.destination.bytes());
  writer.patch_u16(kChecksumOffset, checksum);
  return std::move(writer).take();
}

void append_trailer(std::vector<std::uint8_t>& message, std::span<const std::uint8_t> trailer,
                    const Envelope& envelope) {
  ByteWriter writer;
  writer.bytes(message);
  writer.bytes(trailer);
  if (envelope.source.family() == Family::ipv6) {
    writer.patch_u16(kChecksumOffset, 0);
    writer.patch_u16(kChecksumOffset,
                     sum_with_pseudo_header(writer.view(), envelope.source, envelope.destination.bytes()));
  }
  message = std::move(writer).take();
}

}  // namespace vip::vrrp

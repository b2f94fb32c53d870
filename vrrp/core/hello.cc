#include "vrrp/core/hello.h"

#include <algorithm>
#include <limits>

#include "common/base/bytes.h"

namespace vip::vrrp {
namespace {

constexpr std::uint8_t kVersion = 15;
constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kMessageSize = 48;
constexpr std::size_t kMessageMost = 512;  // whatever later versions add
constexpr std::size_t kAddressField = 16;

std::uint32_t milliseconds(Duration duration) {
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  const auto count = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, kMost));
}

}  // namespace

std::vector<std::uint8_t> encode(const Hello& hello) {
  ByteWriter writer;
  writer.u8(kVersion << 4U | kFormat);
  writer.u8(hello.vrid.value);
  writer.u8(hello.priority.value);
  writer.u8(static_cast<std::uint8_t>(hello.kind));
  writer.u8(static_cast<std::uint8_t>(hello.state));
  writer.u8(hello.contacts);
  writer.u16(0);
  writer.u64(hello.generation);
  writer.u64(hello.ticket);
  writer.u32(milliseconds(hello.interval));
  writer.u32(milliseconds(hello.active_for));
  if (hello.active_router) writer.bytes(hello.active_router->bytes());
  writer.zeros(kMessageSize - writer.view().size());
  return std::move(writer).take();
}

std::optional<SignedHello> split_hello(std::span<const std::uint8_t> datagram) {
  if (datagram.size() < kMessageSize + kTrailerSize || datagram.size() > kMessageMost) return std::nullopt;
  return SignedHello{.message = datagram.first(datagram.size() - kTrailerSize),
                     .trailer = datagram.last<kTrailerSize>()};
}

std::expected<Hello, Discard> decode_hello(std::span<const std::uint8_t> message, Family family) {
  ByteReader reader(message);
  const auto version = reader.u8();
  Hello hello;
  hello.vrid = Vrid(reader.u8());
  hello.priority = Priority(reader.u8());
  const auto kind = reader.u8();
  const auto state = reader.u8();
  hello.contacts = reader.u8();
  const auto unsigned_bytes = reader.u16();
  hello.generation = reader.u64();
  hello.ticket = reader.u64();
  hello.interval = std::chrono::milliseconds(reader.u32());
  hello.active_for = std::chrono::milliseconds(reader.u32());
  const auto address = reader.bytes(kAddressField);
  if (!reader.ok()) return std::unexpected(Discard::malformed);
  if (version != (kVersion << 4U | kFormat)) return std::unexpected(Discard::version);
  if (kind < static_cast<std::uint8_t>(HelloKind::question) ||
      kind > static_cast<std::uint8_t>(HelloKind::answer))
    return std::unexpected(Discard::type);
  if (unsigned_bytes != 0 || state > static_cast<std::uint8_t>(State::fault) ||
      hello.interval == Duration::zero() || hello.priority == kPriorityLeaving)
    return std::unexpected(Discard::malformed);
  hello.kind = static_cast<HelloKind>(kind);
  hello.state = static_cast<State>(state);
  if (std::ranges::any_of(address, [](auto byte) { return byte != 0; })) {
    const std::size_t size = family == Family::ipv4 ? 4 : kAddressField;
    hello.active_router = IpAddress::from_bytes(address.first(size));
  }
  return hello;
}

}  // namespace vip::vrrp

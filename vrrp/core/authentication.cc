#include "vrrp/core/authentication.h"

#include <algorithm>
#include <cstdlib>

#include <nettle/hmac.h>
#include <nettle/memops.h>

#include "common/base/assert.h"
#include "common/base/bytes.h"

namespace vip::vrrp {
namespace {

constexpr std::uint8_t kExtensionHmac = 1;
constexpr std::size_t kSignedTrailer = 12;  // what of the trailer is signed as it stands
constexpr std::size_t kDigestSize = kTrailerSize - kSignedTrailer;
constexpr std::size_t kChecksumOffset = 6;
constexpr std::size_t kHeaderSize = 8;

using Digest = std::array<std::uint8_t, kDigestSize>;

// The most sources to remember. Only holders of the key can make a mark, so this bounds mistakes, not
// attacks.
constexpr std::size_t kMarksMax = 65536;
constexpr std::uint64_t kSequenceSecond = std::uint64_t{1} << 32U;
// So much higher than what is remembered may be the last number used: a second for the time between two
// pulses, and one that may be leapt without has_outgrown().
constexpr std::uint64_t kSecondsForgotten = 2;

Digest digest_of(std::span<const std::uint8_t> message, std::span<const std::uint8_t> trailer_start,
                 const IpAddress& source, const AuthKey& key) {
  VIP_ASSERT(message.size() >= kHeaderSize && trailer_start.size() == kSignedTrailer);
  constexpr std::size_t kPrefix = 4 + 16;
  ByteWriter input(kPrefix + message.size() + kTrailerSize);
  input.u8(source.family() == Family::ipv4 ? 4 : 6);
  input.u8(static_cast<std::uint8_t>(message[0] >> 4U));
  input.u8(message[1]);
  input.u8(0);
  input.bytes(source.bytes());
  input.zeros(16 - source.bytes().size());
  input.bytes(message.first(kChecksumOffset));
  input.u16(0);
  input.bytes(message.subspan(kHeaderSize));
  input.bytes(trailer_start);
  input.zeros(kDigestSize);
  hmac_sha256_ctx context{};
  hmac_sha256_set_key(&context, key.secret.size(), key.secret.data());
  hmac_sha256_update(&context, input.view().size(), input.view().data());
  Digest digest{};
  hmac_sha256_digest(&context, digest.size(), digest.data());
  return digest;
}

Sequence sequence_of(std::span<const std::uint8_t> trailer) {
  return Sequence(ByteReader(trailer.subspan(4)).u64());
}

}  // namespace

Sequence Sequence::of_wall_clock(Duration since_epoch) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const auto fraction = static_cast<std::uint64_t>((since_epoch - seconds).count());
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  const auto parts = fraction * 65536 / kNanoseconds;
  return Sequence(static_cast<std::uint64_t>(seconds.count()) << 32U | parts << 16U);
}

std::chrono::seconds Sequence::distance_from(Duration wall_clock) const {
  const auto theirs = static_cast<std::uint32_t>(value_ >> 32U);
  const auto ours = static_cast<std::uint32_t>(of_wall_clock(wall_clock).value_ >> 32U);
  const auto ahead = static_cast<std::int32_t>(theirs - ours);  // serial numbers: the field is of 32 bits
  return std::chrono::seconds(std::abs(std::int64_t{ahead}));
}

Trailer sign(std::span<const std::uint8_t> message, const IpAddress& source, const AuthKey& key,
             Sequence sequence) {
  ByteWriter writer(kSignedTrailer);
  writer.u8(kExtensionHmac);
  writer.u8(key.id);
  writer.u16(0);
  writer.u64(sequence.value());
  Trailer trailer{};
  std::ranges::copy(writer.view(), trailer.begin());
  const auto digest = digest_of(message, writer.view(), source, key);
  std::ranges::copy(digest, trailer.begin() + kSignedTrailer);
  return trailer;
}

std::optional<std::size_t> trailer_offset(std::span<const std::uint8_t> packet, Family family) {
  if (packet.size() < kHeaderSize + kTrailerSize) return std::nullopt;
  const std::size_t address = family == Family::ipv4 ? 4 : 16;
  const std::size_t auth_data = packet[0] >> 4U == 2 ? std::tuple_size_v<AuthData> : 0;
  const std::size_t offset = kHeaderSize + packet[3] * address + auth_data;
  if (packet.size() != offset + kTrailerSize || packet[offset] != kExtensionHmac) return std::nullopt;
  return offset;
}

Authenticator::Authenticator(AuthMode mode, std::vector<AuthKey> keys, std::uint8_t sending_key,
                             std::chrono::seconds window)
    : mode_(mode), keys_(std::move(keys)), sending_key_(sending_key), window_(window) {
  VIP_ASSERT(!signs() || key(sending_key) != nullptr);
}

AuthenticatorMemory Authenticator::memory() const {
  AuthenticatorMemory memory{.last = last_, .highest_heard = highest_heard_, .marks = {}};
  memory.marks.reserve(marks_.size());
  for (const auto& [speaker, sequence] : marks_) {
    const auto& [source, vrid, version] = speaker;
    memory.marks.push_back({.source = source, .vrid = Vrid(vrid), .version = version, .sequence = sequence});
  }
  return memory;
}

std::optional<Sequence> Authenticator::highest() const {
  const bool heard_higher = last_ && highest_heard_ && highest_heard_->newer_than(*last_);
  return last_ && !heard_higher ? last_ : highest_heard_;
}

bool Authenticator::has_outgrown(const std::optional<Sequence>& remembered) const {
  const auto now = highest();
  return now && (!remembered || now->newer_than(Sequence(remembered->value() + kSequenceSecond)));
}

void Authenticator::resume(const AuthenticatorMemory& memory) {
  last_ = memory.last;
  highest_heard_ = memory.highest_heard;
  if (const auto known = highest()) last_ = Sequence(known->value() + kSecondsForgotten * kSequenceSecond);
  for (const auto& heard : memory.marks)
    mark({heard.source, heard.vrid.value, heard.version}, heard.sequence);
}

const AuthKey* Authenticator::key(std::uint8_t id) const {
  const auto found = std::ranges::find(keys_, id, &AuthKey::id);
  return found == keys_.end() ? nullptr : &*found;
}

Sequence Authenticator::take_sequence(Duration wall_clock) {
  auto sequence = Sequence::of_wall_clock(wall_clock);
  for (const auto& known : {last_, highest_heard_}) {
    if (known && known->next().newer_than(sequence)) sequence = known->next();
  }
  last_ = sequence;
  return sequence;
}

Trailer Authenticator::sign_next(std::span<const std::uint8_t> message, const IpAddress& source,
                                 Duration wall_clock) {
  return sign(message, source, *key(sending_key_), take_sequence(wall_clock));
}

std::expected<Authenticity, Discard> Authenticator::judge(std::span<const std::uint8_t> packet,
                                                          const IpAddress& source, Duration wall_clock) {
  if (mode_ == AuthMode::off) return Authenticity::unproven;
  const auto offset = trailer_offset(packet, source.family());
  if (!offset) {
    if (mode_ == AuthMode::enforce) return std::unexpected(Discard::authentication);
    return Authenticity::unproven;
  }
  return judge_signed(packet.first(*offset), packet.subspan(*offset), source, wall_clock);
}

// An id says which key it was, but while the group moves to a new key, both may have the same.
bool Authenticator::is_signed_by_us(std::span<const std::uint8_t> message,
                                    std::span<const std::uint8_t> trailer, const IpAddress& source) const {
  return std::ranges::any_of(keys_, [&](const AuthKey& key) {
    if (key.id != trailer[1]) return false;
    const auto expected = digest_of(message, trailer.first(kSignedTrailer), source, key);
    return memeql_sec(expected.data(), trailer.data() + kSignedTrailer, expected.size()) != 0;
  });
}

std::expected<Authenticity, Discard> Authenticator::judge_signed(std::span<const std::uint8_t> message,
                                                                 std::span<const std::uint8_t> trailer,
                                                                 const IpAddress& source,
                                                                 Duration wall_clock) {
  if (trailer[0] != kExtensionHmac || !is_signed_by_us(message, trailer, source))
    return std::unexpected(Discard::authentication);
  const auto sequence = sequence_of(trailer);
  if (window_.count() > 0 && sequence.distance_from(wall_clock) > window_)
    return std::unexpected(Discard::stale);
  const Speaker speaker(source, message[1], static_cast<std::uint8_t>(message[0] >> 4U));
  const auto known = marks_.find(speaker);
  if (known != marks_.end() && !sequence.newer_than(known->second)) return std::unexpected(Discard::replay);
  mark(speaker, sequence);
  if (!highest_heard_ || sequence.newer_than(*highest_heard_)) highest_heard_ = sequence;
  return Authenticity::authentic;
}

void Authenticator::mark(const Speaker& speaker, Sequence sequence) {
  if (!marks_.contains(speaker) && marks_.size() >= kMarksMax) marks_.erase(marks_.begin());
  marks_.insert_or_assign(speaker, sequence);
}

void Authenticator::heard_hello(const IpAddress& source, Vrid vrid, Version version,
                                std::span<const std::uint8_t> trailer) {
  const Sequence bound(sequence_of(trailer).value() - kSequenceSecond);
  const Speaker speaker(source, vrid.value, static_cast<std::uint8_t>(version));
  const auto known = marks_.find(speaker);
  if (known == marks_.end() || bound.newer_than(known->second)) mark(speaker, bound);
}

}  // namespace vip::vrrp

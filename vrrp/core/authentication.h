// Authentic advertisements: an HMAC-SHA-256 trailer behind the VRRP message, byte for byte the `auth_hmac` of
// keepalived 2.4.2 and later, so that both can be members of one group. Pure: the caller brings the clock.
//
//    0       1       2       3
//   +-------+-------+-------+-------+
//   |   1   |key id |   reserved 0  |
//   +-------+-------+-------+-------+
//   |         seconds of UTC        |
//   +-------+-------+-------+-------+
//   |   1/65536 s   |    counter    |
//   +-------+-------+-------+-------+
//   |  the HMAC's first 16 bytes    |
//   +-------+-------+-------+-------+
//
// Signed are, in this order: a pseudo header of 20 bytes (4 or 6, the VRRP version, the VRID, 0, the source
// address padded with zeros to 16 bytes), the message with its checksum as zero, and the trailer with its
// HMAC as zero. Destination and TTL are not signed: one signature serves all peers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "common/base/auth_key.h"
#include "common/base/ip_address.h"
#include "common/base/time.h"
#include "vrrp/core/advertisement.h"

namespace vip::vrrp {

inline constexpr std::size_t kTrailerSize = 28;
using Trailer = std::array<std::uint8_t, kTrailerSize>;

// How a group moves from no key to a key without a gap: first all understand, then all sign, then all insist.
enum class AuthMode : std::uint8_t {
  off,
  receive_only,  // sends unsigned, takes both; a wrong signature is never taken
  permissive,    // signs, takes both
  enforce,       // signs, takes only signed
};

// What a packet proved.
enum class Authenticity : std::uint8_t { unproven, authentic };

// A number that grows with every advertisement of a sender: its wall clock, unless that stands still or went
// back. Ordered as serial numbers (RFC 1982), 64 bits: seconds, 1/65536 s, counter.
class Sequence {
 public:
  Sequence() = default;
  explicit constexpr Sequence(std::uint64_t value) : value_(value) {}
  static Sequence of_wall_clock(Duration since_epoch);
  // How far a clock is from it, either way, in whole seconds.
  [[nodiscard]] std::chrono::seconds distance_from(Duration wall_clock) const;
  [[nodiscard]] std::uint64_t value() const { return value_; }
  [[nodiscard]] Sequence next() const { return Sequence(value_ + 1); }
  [[nodiscard]] bool newer_than(Sequence other) const {
    return static_cast<std::int64_t>(value_ - other.value_) > 0;
  }
  friend bool operator==(Sequence, Sequence) = default;

 private:
  std::uint64_t value_ = 0;
};

// The trailer for a message (as encode() made it, checksum and all).
[[nodiscard]] Trailer sign(std::span<const std::uint8_t> message, const IpAddress& source, const AuthKey& key,
                           Sequence sequence);

// Whether a packet is a message with a trailer: where the message ends, by its own count.
[[nodiscard]] std::optional<std::size_t> trailer_offset(std::span<const std::uint8_t> packet, Family family);

// What an authenticator knows beside its keys, so that another process on this host can go on from there.
struct AuthenticatorMemory {
  struct Mark {  // the highest sequence heard
    IpAddress source;
    Vrid vrid;
    std::uint8_t version = 0;  // of the protocol; hellos have one of their own
    Sequence sequence;
    friend bool operator==(const Mark&, const Mark&) = default;
  };
  std::optional<Sequence> last;  // that we used
  std::optional<Sequence> highest_heard;
  std::vector<Mark> marks;
  friend bool operator==(const AuthenticatorMemory&, const AuthenticatorMemory&) = default;
};

// Numbers what we send and judges what we hear. Replay: of each source only a higher sequence than the
// highest so far is taken. There is no test against our own clock (no clock is in the path of a failover), so
// what remains possible is to replay, to a receiver that has just started and heard nothing yet, packets of a
// source that is silent: until the first authentic packet of that source, be it an advertisement or a hello.
class Authenticator {
 public:
  // Of several keys with one id the first is sent with, and each is believed. `window`: how far a packet's
  // time may be from ours; 0: it does not matter.
  Authenticator(AuthMode mode, std::vector<AuthKey> keys, std::uint8_t sending_key,
                std::chrono::seconds window = std::chrono::seconds(0));

  // The highest number that was used or heard.
  [[nodiscard]] std::optional<Sequence> highest() const;
  // Whether a memory in which that was the highest wants to be written again before the next pulse: numbers
  // leap with somebody's who is ahead of the clock, and a next life must not use one again (P5).
  [[nodiscard]] bool has_outgrown(const std::optional<Sequence>& remembered) const;
  [[nodiscard]] AuthenticatorMemory memory() const;
  // Goes on from there; also when that is a little out of date, every number that follows is a new one.
  void resume(const AuthenticatorMemory& memory);

  // Whether there is a key to prove anything with.
  [[nodiscard]] bool has_keys() const { return mode_ != AuthMode::off && !keys_.empty(); }
  [[nodiscard]] bool signs() const { return mode_ == AuthMode::permissive || mode_ == AuthMode::enforce; }
  // The sequence of the next packet: above the wall clock, everything sent and everything authentic heard.
  [[nodiscard]] Sequence take_sequence(Duration wall_clock);
  [[nodiscard]] Trailer sign_next(std::span<const std::uint8_t> message, const IpAddress& source,
                                  Duration wall_clock);

  // Judges a packet of a source; on success the source's mark is advanced. Unsigned packets pass where the
  // mode lets them. The wall clock is looked at only where there is a window. Errors: authentication (no,
  // unknown or wrong signature), replay, stale.
  [[nodiscard]] std::expected<Authenticity, Discard> judge(std::span<const std::uint8_t> packet,
                                                           const IpAddress& source, Duration wall_clock = {});
  // The same of a message whose signature is known to be there.
  [[nodiscard]] std::expected<Authenticity, Discard> judge_signed(std::span<const std::uint8_t> message,
                                                                  std::span<const std::uint8_t> trailer,
                                                                  const IpAddress& source,
                                                                  Duration wall_clock = {});
  // After an authentic hello: advertisements that its source signed more than a second before it count no
  // more.
  void heard_hello(const IpAddress& source, Vrid vrid, Version version,
                   std::span<const std::uint8_t> trailer);

 private:
  using Speaker = std::tuple<IpAddress, std::uint8_t, std::uint8_t>;

  [[nodiscard]] const AuthKey* key(std::uint8_t id) const;
  [[nodiscard]] bool is_signed_by_us(std::span<const std::uint8_t> message,
                                     std::span<const std::uint8_t> trailer, const IpAddress& source) const;
  void mark(const Speaker& speaker, Sequence sequence);

  AuthMode mode_;
  std::vector<AuthKey> keys_;
  std::uint8_t sending_key_;
  std::chrono::seconds window_;
  std::optional<Sequence> last_;
  std::optional<Sequence> highest_heard_;
  // Of each source, VRID and protocol version: an advertisement and a hello may overtake each other.
  std::map<Speaker, Sequence> marks_;
};

}  // namespace vip::vrrp

// What agents of one host say to each other, as JSON text: of this version, the next or the one before.
// Unknown members are ignored, missing ones have their defaults, and a kind that is not known is `other`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "vrrp/core/charge.h"

namespace vip::vrrp {

struct SiblingFrame {
  enum class Kind : std::uint8_t { hello, proof, reject, unfit, message, other };
  Kind kind = Kind::other;

  // hello
  std::string challenge;
  StartOrder order;
  bool has_keys = false;
  // proof
  std::vector<std::string> proofs;
  // reject; unfit: why its sender does not ask for the charge
  std::string why;
  // message
  SiblingMessage message;
  std::string state;                 // ready, mirror
  std::vector<std::string> carries;  // committed: what the descriptors beside it are, in order
};

[[nodiscard]] std::string to_json(const SiblingFrame& frame);
// Errors: invalid.
[[nodiscard]] Result<SiblingFrame> read_sibling_frame(std::string_view text);

}  // namespace vip::vrrp

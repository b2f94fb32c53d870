// How two agents of one host prove to each other that they have a key of the group: each answers the other's
// challenge. Whoever has several keys, because the group moves from one to the next, answers with each; one
// that both have is enough. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vrrp/core/authentication.h"

namespace vip::vrrp {

// Which end of the connection speaks: an answer must not be good for the other direction.
enum class SiblingSide : std::uint8_t { listener = 1, connector = 2 };

struct SiblingChallenge {
  SiblingSide prover = SiblingSide::listener;
  std::string_view group;
  std::string_view host;         // where the connection itself does not say that both are on one
  std::string_view of_verifier;  // random, as sent
  std::string_view of_prover;
};

// One for each key, as hexadecimal text.
[[nodiscard]] std::vector<std::string> sibling_proofs(const std::vector<AuthKey>& keys,
                                                      const SiblingChallenge& challenge);
[[nodiscard]] bool is_proven(const std::vector<std::string>& proofs, const std::vector<AuthKey>& keys,
                             const SiblingChallenge& challenge);

}  // namespace vip::vrrp

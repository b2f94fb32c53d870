#include "vrrp/core/sibling_proof.h"

#include <algorithm>
#include <span>

#include <nettle/hmac.h>
#include <nettle/memops.h>

namespace vip::vrrp {
namespace {

constexpr std::string_view kPurpose = "swarm-vip sibling 1";

void add(hmac_sha256_ctx& context, std::string_view text) {
  const auto size = static_cast<std::uint8_t>(std::min<std::size_t>(text.size(), 255));
  hmac_sha256_update(&context, 1, &size);  // so that no two lists of texts read the same
  hmac_sha256_update(&context, size, reinterpret_cast<const std::uint8_t*>(text.data()));
}

std::string proof(const AuthKey& key, const SiblingChallenge& challenge) {
  hmac_sha256_ctx context{};
  hmac_sha256_set_key(&context, key.secret.size(), key.secret.data());
  add(context, kPurpose);
  const auto side = static_cast<std::uint8_t>(challenge.prover);
  hmac_sha256_update(&context, 1, &side);
  add(context, challenge.group);
  if (!challenge.host.empty()) add(context, challenge.host);
  add(context, challenge.of_verifier);
  add(context, challenge.of_prover);
  std::array<std::uint8_t, SHA256_DIGEST_SIZE> digest{};
  hmac_sha256_digest(&context, digest.size(), digest.data());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const auto byte : digest) {
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text;
}

}  // namespace

std::vector<std::string> sibling_proofs(const std::vector<AuthKey>& keys, const SiblingChallenge& challenge) {
  std::vector<std::string> proofs;
  proofs.reserve(keys.size());
  for (const auto& key : keys) proofs.push_back(proof(key, challenge));
  return proofs;
}

bool is_proven(const std::vector<std::string>& proofs, const std::vector<AuthKey>& keys,
               const SiblingChallenge& challenge) {
  for (const auto& expected : sibling_proofs(keys, challenge)) {
    for (const auto& given : proofs) {
      if (given.size() == expected.size() && memeql_sec(given.data(), expected.data(), given.size()) != 0)
        return true;
    }
  }
  return false;
}

}  // namespace vip::vrrp

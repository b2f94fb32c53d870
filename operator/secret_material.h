// The bytes of secrets: made here, handed to the Swarm, and never read back (its API does not give them).
#pragma once

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace vip::swarm {

// 32 random bytes as 64 hexadecimal digits.
[[nodiscard]] Result<std::string> fresh_key();

// A salted PBKDF2-SHA256 of a password, "pbkdf2-sha256$ITERATIONS$SALT$DIGEST". It stands in a label beside
// the secret, so that a changed password can be told from an unchanged one. Whoever may read it may also
// mount the secret; it is slow to guess from all the same.
[[nodiscard]] Result<std::string> make_verifier(std::string_view password);

// Whether the verifier was made of this password; false for a text that is no verifier.
[[nodiscard]] bool verifies(std::string_view verifier, std::string_view password);

}  // namespace vip::swarm

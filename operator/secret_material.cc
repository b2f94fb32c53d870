#include "operator/secret_material.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <nettle/memops.h>
#include <nettle/pbkdf2.h>
#include <sys/random.h>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::swarm {
namespace {

constexpr std::string_view kScheme = "pbkdf2-sha256";
constexpr unsigned kIterations = 200'000;
// A label is not ours alone to write: one that asks for hours of work is no verifier.
constexpr unsigned kIterationsMax = 1'000'000;
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kDigestBytes = 32;

using Bytes = std::vector<std::uint8_t>;

Result<Bytes> random_bytes(std::size_t count) {
  Bytes bytes(count);
  // Up to 256 bytes come whole once the kernel's generator is up.
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(count))
    return sys::errno_failure("getrandom");
  return bytes;
}

std::string digest(std::string_view password, unsigned iterations, std::string_view salt) {
  std::array<std::uint8_t, kDigestBytes> result{};
  pbkdf2_hmac_sha256(password.size(), reinterpret_cast<const std::uint8_t*>(password.data()), iterations,
                     salt.size(), reinterpret_cast<const std::uint8_t*>(salt.data()), result.size(),
                     result.data());
  return hexadecimal(result);
}

}  // namespace

Result<std::string> fresh_key() {
  VIP_TRY(const auto bytes, random_bytes(kKeyBytes));
  return hexadecimal(bytes);
}

Result<std::string> make_verifier(std::string_view password) {
  VIP_TRY(const auto bytes, random_bytes(kSaltBytes));
  const auto salt = hexadecimal(bytes);
  return std::string(kScheme) + "$" + std::to_string(kIterations) + "$" + salt + "$" +
         digest(password, kIterations, salt);
}

bool verifies(std::string_view verifier, std::string_view password) {
  const auto parts = split(verifier, "$");
  if (parts.size() != 4 || parts[0] != kScheme) return false;
  const auto iterations = parse_number<unsigned>(parts[1]);
  if (!iterations || *iterations == 0 || *iterations > kIterationsMax) return false;
  const auto computed = digest(password, *iterations, parts[2]);
  return computed.size() == parts[3].size() &&
         memeql_sec(computed.data(), parts[3].data(), computed.size()) == 1;
}

}  // namespace vip::swarm

#include "operator/secret_material.h"

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

TEST(FreshKey, Is32BytesInHexadecimalAndNeverTheSame) {
  const auto key = fresh_key().value();
  EXPECT_EQ(key.size(), 64U);
  EXPECT_EQ(key.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(key, fresh_key().value());
}

TEST(Verifier, KnowsItsPasswordAndNoOther) {
  const auto verifier = make_verifier("d0cker").value();
  EXPECT_TRUE(verifies(verifier, "d0cker"));
  EXPECT_FALSE(verifies(verifier, "d0cker2"));
  EXPECT_FALSE(verifies(verifier, ""));
  EXPECT_EQ(verifier.find("d0cker"), std::string::npos);
  EXPECT_NE(verifier, make_verifier("d0cker").value()) << "salted";
}

TEST(Verifier, IsPbkdf2WithSha256) {
  // Worked out with Python: hashlib.pbkdf2_hmac("sha256", b"d0cker", b"00ff", 1000).hex()
  EXPECT_TRUE(verifies(
      "pbkdf2-sha256$1000$00ff$581cbf2d2e8604d1fb99497a0ac08a9e560c76a6a52a350ce97a36f4b4ab3bb1", "d0cker"));
}

TEST(Verifier, OfAnotherMakingNeverMatches) {
  for (const auto* const text : {"", "x", "pbkdf2-sha256$0$00$00", "pbkdf2-sha256$4000000000$00$00",
                                 "pbkdf2-sha256$-1$00$00", "md5$1000$00$00", "pbkdf2-sha256$1000$00"}) {
    EXPECT_FALSE(verifies(text, "d0cker")) << text;
  }
}

}  // namespace
}  // namespace vip::swarm

#include "operator/core/names.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

bool is_alphanumeric(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// Swarm's own rule: these characters, with a letter or digit at either end.
bool is_allowed(std::string_view name, std::string_view others, std::size_t length_max) {
  return !name.empty() && name.size() <= length_max && is_alphanumeric(name.front()) &&
         is_alphanumeric(name.back()) && std::ranges::all_of(name, [&](char c) {
           return is_alphanumeric(c) || others.find(c) != std::string_view::npos;
         });
}

TEST(Names, AreReadableForOrdinaryGroups) {
  EXPECT_EQ(service_name("vip", "production"), "vip_agent-production");
  EXPECT_EQ(service_name("", "production"), "swarm-vip-agent-production");
  EXPECT_EQ(plan_name("production", "0123456789ab"), "production-plan-0123456789ab");
  EXPECT_EQ(secret_name("production", "key", 1), "production-key-1");
}

TEST(Names, AreAllowedBySwarmWhateverTheGroup) {
  const std::string stack(63, 's');
  for (const std::string& group :
       {std::string("a"), std::string("a b"), std::string("-x-"), std::string("***"), std::string("rack.1/a"),
        std::string("_"), std::string(128, 'g'), std::string("ends-")}) {
    for (const auto& with_stack : {std::string(), std::string("vip"), stack}) {
      const auto name = service_name(with_stack, group);
      EXPECT_TRUE(is_allowed(name, "-_", 63)) << name;
    }
    for (const auto& name : {plan_name(group, "0123456789ab"), secret_name(group, "password", 123456)}) {
      EXPECT_TRUE(is_allowed(name, "-_.", 64)) << name;
    }
  }
}

TEST(Names, TellAlteredGroupsApart) {
  EXPECT_NE(service_name("", "a b"), service_name("", "a.b"));
  EXPECT_NE(service_name("", "a b"), service_name("", "a-b"));
  EXPECT_NE(service_name("", std::string(128, 'g')), service_name("", std::string(127, 'g')));
  EXPECT_NE(service_name(std::string(63, 's'), "a"), service_name(std::string(63, 's'), "b"));
}

TEST(Names, NeverLookLikeThoseOfTheOtherOperator) {
  EXPECT_FALSE(service_name("", "keepalived-node").starts_with("keepalived-node"));
}

TEST(Names, SecretNumberReadsOnlyItsOwnNames) {
  EXPECT_EQ(secret_number("production", "key", "production-key-12"), 12U);
  EXPECT_EQ(secret_number("production", "key", "production-key-"), 0U);
  EXPECT_EQ(secret_number("production", "key", "production-key-1x"), 0U);
  EXPECT_EQ(secret_number("production", "key", "production-password-3"), 0U);
  EXPECT_EQ(secret_number("production", "key", "staging-key-3"), 0U);
}

}  // namespace
}  // namespace vip::swarm

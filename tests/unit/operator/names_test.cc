#include "operator/core/names.h"

#include <regex>

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

// Swarm's own rules.
const std::regex kServiceName("^[a-zA-Z0-9](?:[-_]*[A-Za-z0-9]+)*$");
const std::regex kObjectName("^[a-zA-Z0-9]+(?:[a-zA-Z0-9-_.]*[a-zA-Z0-9])?$");

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
      EXPECT_LE(name.size(), 63U) << name;
      EXPECT_TRUE(std::regex_match(name, kServiceName)) << name;
    }
    for (const auto& name : {plan_name(group, "0123456789ab"), secret_name(group, "password", 123456)}) {
      EXPECT_LE(name.size(), 64U) << name;
      EXPECT_TRUE(std::regex_match(name, kObjectName)) << name;
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

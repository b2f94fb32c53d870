#include "operator/core/registry.h"

#include <gtest/gtest.h>

#include "operator/settings/registry_file.h"

namespace vip::swarm {
namespace {

TEST(Registry, IsTheFirstPartOfAnImageThatIsAHost) {
  EXPECT_EQ(registry_of("registry.example.org/a/b:1"), "registry.example.org");
  EXPECT_EQ(registry_of("registry.example.org:5000/b@sha256:77"), "registry.example.org:5000");
  EXPECT_EQ(registry_of("localhost/b"), "localhost");
  EXPECT_EQ(registry_of("Registry/b"), "registry");
  EXPECT_EQ(registry_of("[2001:db8::1]:5000/b"), "[2001:db8::1]:5000");
}

TEST(Registry, IsDockerHubWithoutOne) {
  for (const auto* const image : {"swarm-vip", "swarm-vip:1.2", "me/swarm-vip", "docker.io/me/swarm-vip",
                                  "index.docker.io/me/swarm-vip", "swarm-vip@sha256:77"}) {
    EXPECT_EQ(registry_of(image), kDockerHub) << image;
  }
}

TEST(Registry, IsNoneForAnImageById) {
  EXPECT_EQ(registry_of("sha256:7777"), "");
}

TEST(Registry, HasOneNameHoweverItsAddressIsWritten) {
  EXPECT_EQ(registry_host("https://Registry.example.org/v2/"), "registry.example.org");
  EXPECT_EQ(registry_host("registry.example.org:5000"), "registry.example.org:5000");
  for (const auto* const name :
       {"https://index.docker.io/v1/", "index.docker.io", "docker.io", "https://registry-1.docker.io"}) {
    EXPECT_EQ(registry_host(name), kDockerHub) << name;
  }
}

TEST(Registry, TheLoginOfTheImagesRegistryComesBeforeOneOfAny) {
  const std::vector<RegistryLogin> logins{{.registry = "", .username = "any", .password = {}},
                                          {.registry = "a.example", .username = "a", .password = {}},
                                          {.registry = "docker.io", .username = "hub", .password = {}}};
  EXPECT_EQ(login_for("a.example/x", logins)->username, "a");
  EXPECT_EQ(login_for("x", logins)->username, "hub");
  EXPECT_EQ(login_for("b.example/x", logins)->username, "any");
  EXPECT_EQ(login_for("sha256:77", logins)->username, "any");
  EXPECT_EQ(login_for("sha256:77", {logins[1], logins[2]}), nullptr);
  EXPECT_EQ(login_for("b.example/x", {logins[1]}), nullptr);
}

TEST(RegistryFile, IsDockersConfigWithSeveralRegistries) {
  const auto logins = read_registry_file(
      R"({"auths": {"https://index.docker.io/v1/": {"auth": "bWU6cDph"}, "b.example": {"auth": "eW91OnE="}},
          "HttpHeaders": {}})");
  ASSERT_TRUE(logins.has_value());
  EXPECT_EQ(*logins, (std::vector<RegistryLogin>{
                         {.registry = "b.example", .username = "you", .password = "q"},
                         {.registry = "docker.io", .username = "me", .password = "p:a"},
                     }));
}

TEST(RegistryFile, IsOneLogin) {
  const auto of_one =
      read_registry_file(R"({"username": "u", "password": "p", "serveraddress": "https://B.example/"})");
  EXPECT_EQ(of_one.value().at(0).registry, "b.example");
  const auto of_any = read_registry_file(R"({"username": "u", "password": "p"})");
  EXPECT_EQ(of_any.value().at(0), (RegistryLogin{.registry = "", .username = "u", .password = "p"}));
}

TEST(RegistryFile, AWrongOneIsNamedWithoutItsContent) {
  for (const auto* const text :
       {"", "hidden", "[]", "{}", R"({"auths": {}})", R"({"auths": "hidden"})",
        R"({"auths": {"b.example": {}}})", R"({"auths": {"b.example": {"auth": "hidden!"}}})",
        R"({"auths": {"b.example": {"auth": "aGlkZGVu"}}})", R"({"username": "hidden"})",
        R"({"username": "", "password": "hidden"})", R"({"username": 7, "password": "hidden"})"}) {
    const auto logins = read_registry_file(text);
    ASSERT_FALSE(logins.has_value()) << text;
    EXPECT_EQ(logins.error().context.find("hidden"), std::string::npos) << logins.error().context;
  }
}

}  // namespace
}  // namespace vip::swarm

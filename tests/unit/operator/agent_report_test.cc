#include "operator/core/agent_report.h"

#include <gtest/gtest.h>

namespace vip::swarm {
namespace {

RouterReport router(const std::string& state, const std::string& trouble = "",
                    const std::string& reason = "") {
  return {.vrid = "51",
          .family = "ipv4",
          .interface = "eth0",
          .state = state,
          .since = "2026-11-21T05:47:55.123Z",
          .priority = "108",
          .addresses = {"192.0.2.201/32"},
          .reason = reason,
          .trouble = trouble,
          .document = "{}"};
}

NodeReport node(int number, std::vector<RouterReport> routers) {
  return {.node = "id" + std::to_string(number),
          .hostname = "n" + std::to_string(number),
          .address = IpAddress::parse("192.0.2." + std::to_string(number)).value(),
          .word = AgentWord::reports,
          .reason = {},
          .routers = std::move(routers)};
}

GroupReport group(std::vector<NodeReport> nodes) {
  return {.group = "production", .status_port = 9112, .nodes = std::move(nodes)};
}

TEST(AgentReport, SaysStateAndSinceWhen) {
  const auto report = group({node(1, {router("active")})});
  EXPECT_EQ(now_words(report, report.nodes[0]),
            std::vector<std::string>{"router 51 (ipv4) active on eth0 since 2026-11-21T05:47:55.123Z"});
  EXPECT_TRUE(troubles(report).empty());
}

TEST(AgentReport, EachTroubleHasItsRemedy) {
  const auto words = [](const std::string& trouble) {
    const auto report = group({node(1, {router("fault", trouble, "it is so")})});
    return trouble_words(report, report.nodes[0], report.nodes[0].routers[0]);
  };
  EXPECT_EQ(words("no_interface"), "it is so; docker node update --label-add KEEPALIVED_INTERFACE=NAME id1");
  EXPECT_EQ(words("no_network"), words("no_interface"));
  EXPECT_EQ(words("no_own_address"), "it is so; docker node update --label-add KEEPALIVED_IP=ADDRESS id1");
  for (const auto* const trouble :
       {"link_down", "address_refused", "address_removed", "address_in_use", "duplicate_owner"}) {
    EXPECT_TRUE(words(trouble).starts_with("it is so; ")) << trouble;
  }
  EXPECT_NE(words("address_in_use").find("UDP port 9112"), std::string::npos);
}

TEST(AgentReport, WordsOfAnotherVersionStandWithoutARemedy) {
  const auto report =
      group({node(1, {router("fault", "", "it is so")}), node(2, {router("fault", "new", "or so")})});
  EXPECT_EQ(trouble_words(report, report.nodes[0], report.nodes[0].routers[0]), "it is so");
  EXPECT_EQ(trouble_words(report, report.nodes[1], report.nodes[1].routers[0]), "or so");
  EXPECT_EQ(troubles(report).size(), 2U);
  EXPECT_EQ(troubles(report)[0].severity, Severity::error);
}

TEST(AgentReport, TwoOwnersAreTroubleOfBoth) {
  auto report =
      group({node(1, {router("active")}), node(2, {router("active")}), node(3, {router("backup")})});
  find_rivals(report);
  EXPECT_EQ(report.nodes[0].routers[0].reason, "node n2 has 192.0.2.201/32, too");
  EXPECT_EQ(report.nodes[1].routers[0].reason, "node n1 has 192.0.2.201/32, too");
  EXPECT_EQ(report.nodes[2].routers[0].reason, "");
  EXPECT_EQ(troubles(report).size(), 2U);
}

TEST(AgentReport, AddressesOnSeveralNodesAreNoRivals) {
  auto other = router("active");
  other.vrid = "52";
  auto six = router("active");
  six.family = "ipv6";
  auto report = group({node(1, {router("active")}), node(2, {other}), node(3, {six})});
  find_rivals(report);
  EXPECT_TRUE(troubles(report).empty());
}

TEST(AgentReport, WhatADuplicateIsKnownByFirstStands) {
  const std::string mac = "192.0.2.201 is announced by 02:00:00:00:00:09, too";
  auto report = group({node(1, {router("active", "duplicate_owner", mac)}), node(2, {router("active")})});
  find_rivals(report);
  EXPECT_EQ(report.nodes[0].routers[0].reason, mac);
}

}  // namespace
}  // namespace vip::swarm

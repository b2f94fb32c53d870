#include "common/settings/dialect.h"

#include <gtest/gtest.h>

#include "common/base/text.h"

namespace vip::settings {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

struct Detected {
  Values values;
  Dialect dialect;
};

TEST(Dialect, TheFirstNameThatOnlyOneImageKnowsDecides) {
  const std::vector<Detected> table{
      {{}, Dialect::none},
      {{{"PATH", "/bin"}, {"INTERFACE", "eth0"}}, Dialect::none},
      {{{"KEEPALIVED_VIRTUAL_IPS", "192.0.2.1"}}, Dialect::osixia},
      {{{"KEEPALIVED_VIRTUAL_IPS", ""}}, Dialect::none},
      {{{"KEEPALIVED_UNICAST_PEERS", "192.0.2.1"}}, Dialect::osixia},
      {{{"KEEPALIVED_ROUTER_ID", "51"}}, Dialect::osixia},
      {{{"KEEPALIVED_NOTIFY_SCRIPT", "/n"}}, Dialect::osixia},
      {{{"KEEPALIVED_AUTOCONF", "true"}}, Dialect::arcts},
      {{{"KEEPALIVED_AUTOCONF", "true"}, {"KEEPALIVED_VIRTUAL_IPS", "192.0.2.1"}}, Dialect::arcts},
      {{{"KEEPALIVED_VIRTUAL_IPADDRESS_1", "192.0.2.1"}, {"KEEPALIVED_VRID", "1"}}, Dialect::arcts},
      {{{"KEEPALIVED_VIRTUAL_IPADDRESS_EXCLUDED_0", "192.0.2.1"}}, Dialect::arcts},
      {{{"KEEPALIVED_VIRTUAL_IPADDRESS_x", "192.0.2.1"}}, Dialect::none},
      {{{"KEEPALIVED_VIRTUAL_ROUTER_ID", "1"}}, Dialect::arcts},
      {{{"KEEPALIVED_UNICAST_PEER_0", "192.0.2.1"}}, Dialect::arcts},
      {{{"KEEPALIVED_VIRTUAL_IP", "192.0.2.1"}}, Dialect::shawly},
      {{{"KEEPALIVED_VRID", "1"}, {"KEEPALIVED_VIRTUAL_IPS", "192.0.2.1"}}, Dialect::shawly},
      {{{"KEEPALIVED_VIRTUAL_IP", "192.0.2.1"}, {"VIRTUAL_IP", "192.0.2.1"}, {"VRID", "1"}}, Dialect::shawly},
      {{{"VIRTUAL_IP", "192.0.2.1"}, {"VRID", "1"}}, Dialect::neoassist},
      {{{"VIRTUAL_IP", "192.0.2.1"}, {"VRID", "1"}, {"KEEPALIVED_VIRTUAL_IPS", "192.0.2.1"}},
       Dialect::osixia},
      {{{"VIRTUAL_IP", "192.0.2.1"}, {"VRID", "1"}, {"KEEPALIVED_PASSWORD", "x"}}, Dialect::neoassist},
      {{{"VIRTUAL_IP", "192.0.2.1"}}, Dialect::neoassist},
      {{{"VRID", "1"}, {"KEEPALIVED_ROUTER_ID", "51"}}, Dialect::osixia},
  };
  for (const auto& row : table) {
    std::string said;
    for (const auto& [name, value] : row.values) said += name + "=" + value + " ";
    EXPECT_EQ(name(detect_dialect(Environment(row.values))), name(row.dialect)) << said;
  }
}

TEST(Dialect, SaidCountsMoreThanDetected) {
  for (const auto dialect :
       {Dialect::osixia, Dialect::arcts, Dialect::neoassist, Dialect::shawly, Dialect::none}) {
    Findings findings;
    const Environment env(
        Values{{"SWARM_VIP_DIALECT", std::string(name(dialect))}, {"VIRTUAL_IP", "x"}, {"VRID", "1"}});
    EXPECT_EQ(dialect_of(env, findings), dialect);
    EXPECT_TRUE(findings.ok());
  }
  for (const std::string text : {"auto", "AUTO", ""}) {
    Findings findings;
    const Environment env(Values{{"SWARM_VIP_DIALECT", text}, {"KEEPALIVED_VIRTUAL_IPS", "x"}});
    EXPECT_EQ(dialect_of(env, findings), Dialect::osixia);
  }
  Findings findings;
  (void)dialect_of(Environment(Values{{"SWARM_VIP_DIALECT", "keepalived"}}), findings);
  EXPECT_EQ(join(findings.errors(), ";"),
            "SWARM_VIP_DIALECT: 'keepalived' is not allowed; auto, osixia, arcts, neoassist, shawly or none");
}

TEST(Dialect, NumbersAreInTheirOrder) {
  const Environment env(Values{{"N_10", "x"},
                               {"N_9", "x"},
                               {"N_1", "x"},
                               {"N_01", "x"},
                               {"N_0", "x"},
                               {"N_3", ""},
                               {"N_", "x"},
                               {"N_1a", "x"},
                               {"N", "x"},
                               {"MN_4", "x"},
                               {"N_99999999999999999999999", "x"}});
  EXPECT_EQ(join(numbered_names(env, "N"), " "), "N_0 N_1 N_01 N_9 N_10 N_99999999999999999999999");
}

TEST(Dialect, TheWordsOfOsixiasStartProgramAreKnown) {
  EXPECT_EQ(image_option_length({"--copy-service"}, 0), 1U);
  EXPECT_EQ(image_option_length({"--loglevel", "debug"}, 0), 2U);
  EXPECT_EQ(image_option_length({"--loglevel=debug", "x"}, 0), 1U);
  EXPECT_EQ(image_option_length({"x", "-l", "trace"}, 1), 2U);
  EXPECT_EQ(image_option_length({"--loglevel"}, 0), 1U);
  EXPECT_EQ(image_option_length({"status"}, 0), 0U);
  EXPECT_EQ(image_option_length({"--plan"}, 0), 0U);
}

}  // namespace
}  // namespace vip::settings

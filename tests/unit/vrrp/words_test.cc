#include "vrrp/words.h"

#include <gtest/gtest.h>

#include "tests/unit/cli/everywhere.h"
#include "vrrp/settings/agent_settings.h"
#include "vrrp/settings/dialects.h"

namespace vip::vrrp {
namespace {

TEST(AgentWords, EveryWordAndOptionIsEverywhere) {
  cli::expect_everywhere(program());
}

TEST(AgentWords, EverySettingThatIsReadIsInHelpAndManPage) {
  const auto help = cli::program_help(program());
  const auto page = cli::man_page(program(), "1");
  for (const auto& setting : agent_settings()) {
    EXPECT_NE(help.find("\n  " + std::string(setting.name) + " "), std::string::npos) << setting.name;
    EXPECT_NE(page.find(".B \"" + std::string(setting.name) + "\"\n"), std::string::npos) << setting.name;
    EXPECT_FALSE(setting.what.empty()) << setting.name;
  }
  for (const auto names : {osixia_names(), arcts_names(), shawly_names()}) {
    for (const auto name : names) {
      EXPECT_NE(help.find(name), std::string::npos) << name;
      EXPECT_NE(page.find(name), std::string::npos) << name;
    }
  }
}

}  // namespace
}  // namespace vip::vrrp

#include "operator/cli/words.h"

#include <gtest/gtest.h>

#include "operator/settings/setting_names.h"
#include "tests/unit/cli/everywhere.h"

namespace vip::swarm {
namespace {

TEST(OperatorWords, EveryWordAndOptionIsEverywhere) {
  cli::expect_everywhere(program());
}

TEST(OperatorWords, EverySettingThatIsReadIsInHelpAndManPage) {
  const auto help = cli::program_help(program());
  const auto page = cli::man_page(program(), "1");
  for (const auto& setting : setting_names()) {
    EXPECT_NE(help.find("\n  " + std::string(setting.variable) + " "), std::string::npos) << setting.variable;
    EXPECT_NE(page.find(".B \"" + std::string(setting.variable) + "\"\n"), std::string::npos)
        << setting.variable;
    EXPECT_FALSE(setting.what.empty()) << setting.variable;
  }
}

}  // namespace
}  // namespace vip::swarm

#include "common/cli/man_page.h"

#include <gtest/gtest.h>

#include "tests/unit/cli/sample.h"

namespace vip::cli {
namespace {

TEST(ManPage, EveryLetterThatRoffTakesForItsOwnIsEscaped) {
  EXPECT_EQ(roff("a-b --c"), R"(a\-b \-\-c)");
  EXPECT_EQ(roff(R"(C:\x)"), R"(C:\(rsx)");
  EXPECT_EQ(roff(R"(say "no" `now' ^ ~)"), R"(say \(dqno\(dq \(ganow\(aq \(ha \(ti)");
}

TEST(ManPage, NoLineOfTextIsACommand) {
  EXPECT_EQ(roff(".SH x\n'br\n a.b"), "\\&.SH x\n\\&\\(aqbr\n a.b");
}

TEST(ManPage, HasItsPartsInTheUsualOrder) {
  const auto page = man_page(sample(), "1.2");
  std::size_t at = 0;
  for (const auto* const part :
       {".TH \"BOAT\" 8 \"\" \"boat 1.2\"\n", ".SH \"NAME\"\nboat \\- a boat that floats\n",
        ".SH \"SYNOPSIS\"\n", ".SH \"DESCRIPTION\"\n", ".SH \"WORDS\"\n", ".SH \"ENVIRONMENT\"\n",
        ".B \"BOAT_COLOUR\"\nthe paint (in the file: colour)\n", ".SH \"SIGNALS\"\n", ".SH \"FILES\"\n",
        ".SH \"EXIT STATUS\"\n", ".SH \"EXAMPLES\"\n", "boat row shore\n", ".SH \"SEE ALSO\"\n"}) {
    const auto found = page.find(part, at);
    ASSERT_NE(found, std::string::npos) << part << "\nafter " << at << " in\n" << page;
    at = found;
  }
  EXPECT_EQ(page.find("leak"), std::string::npos);
}

}  // namespace
}  // namespace vip::cli

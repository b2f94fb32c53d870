// One test for each golden case, and tests that cases and ledger know of each other.
#include <cstdlib>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/golden/case_file.h"

namespace vip::golden {
namespace {

const std::filesystem::path kFolder = GOLDEN_FOLDER;

const std::vector<Case>& all_cases() {
  static const auto kCases = read_cases(kFolder);
  return kCases;
}

class Golden : public testing::TestWithParam<Case> {};

TEST_P(Golden, HappensAsWritten) {
  const auto golden = GetParam().json();
  ASSERT_TRUE(golden.is_object()) << GetParam().file << ": no JSON: " << GetParam().line;
  Json played;
  ASSERT_NO_THROW(played = replay(golden));
  SCOPED_TRACE(GetParam().file + ", " + golden.value("section", "") + ": " + golden.value("says", ""));
  EXPECT_EQ(golden.value("expect", Json()).dump(1), played.value("expect", Json()).dump(1));
  for (std::size_t i = 0; i < golden.value("steps", Json::array()).size(); ++i) {
    const auto& step = golden["steps"][i];
    EXPECT_EQ(step.value("expect", Json()).dump(1), played["steps"][i].value("expect", Json()).dump(1))
        << "in step " << i << ": " << step.dump();
  }
}

std::string test_name(const testing::TestParamInfo<Case>& info) {
  const auto id = info.param.id();
  return id.empty() ? "no_case_" + std::to_string(info.index) : id;
}

INSTANTIATE_TEST_SUITE_P(Case, Golden, testing::ValuesIn(all_cases()), test_name);

TEST(GoldenFiles, EveryCaseSaysWhatItIsAndExpectsSomething) {
  std::set<std::string> ids;
  for (const auto& golden : all_cases()) {
    const auto& line = golden.line;
    const auto where = golden.file + ": " + line;
    const auto json = golden.json();
    ASSERT_TRUE(json.is_object()) << where;
    EXPECT_TRUE(ids.insert(json.value("id", "")).second) << "twice: " << where;
    EXPECT_EQ(json.value("id", ""), golden.id()) << "the id comes first: " << where;
    EXPECT_FALSE(json.value("section", "").empty()) << where;
    EXPECT_FALSE(json.value("says", "").empty()) << where;
    EXPECT_NE(line.find(R"("expect":[")"), std::string::npos) << where;
    EXPECT_EQ(line, json.dump()) << "not as VIP_UPDATE_GOLDEN=1 would write it";
  }
  EXPECT_GE(ids.size(), 400U) << "were all files read?";
}

TEST(GoldenFiles, TheLedgerAndTheCasesAgree) {
  std::map<std::string, std::set<std::string>> shown;  // by id: the sections that name it
  for (const auto& row : read_ledger(kFolder / "ledger.md")) {
    const auto where = row.document + ", " + row.section + ": " + row.sentence;
    EXPECT_FALSE(row.section.empty()) << "not a row: " << row.sentence;
    if (row.ids.empty()) {
      EXPECT_TRUE(row.shown_by.starts_with("not applicable: ")) << "neither a case nor a reason: " << where;
    }
    for (const auto& id : row.ids) shown[id].insert(row.document + ", " + row.section);
  }
  EXPECT_FALSE(shown.empty());
  for (const auto& golden : all_cases()) {
    const auto sections = shown.extract(golden.id());
    const std::string section = golden.json().value("section", "");
    EXPECT_FALSE(sections.empty()) << "a case without a sentence: " << golden.id();
    if (sections.empty()) continue;
    EXPECT_TRUE(sections.mapped().contains(section)) << golden.id() << " says it is of " << section;
  }
  for (const auto& [id, sections] : shown) ADD_FAILURE() << *sections.begin() << " names no case: " << id;
}

}  // namespace
}  // namespace vip::golden

int main(int argc, char** argv) {
  if (std::getenv("VIP_UPDATE_GOLDEN") != nullptr) vip::golden::rewrite_cases(GOLDEN_FOLDER);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

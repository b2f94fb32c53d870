// Agents of two versions beside each other, as in every update: what the one before the transitions wrote is
// read with nothing lost, and what this one writes has all of it for who reads it there, under the same names
// and with the same values; that reader passes over the rest. The files in recorded/ are what that version
// wrote; they stay as they are.
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "vrrp/memory_json.h"
#include "vrrp/sibling_json.h"
#include "vrrp/status.h"

namespace vip::vrrp {
namespace {

using nlohmann::json;

std::ifstream recorded(const std::string& name) {
  std::ifstream file(std::string(RECORDED_FOLDER) + "/" + name);
  EXPECT_TRUE(file) << name;
  return file;
}

std::string recorded_text(const std::string& name) {
  std::ostringstream text;
  text << recorded(name).rdbuf();
  return text.str();
}

// Every member of `before` is in `now`, too, and the same there; `where` for who reads of a failure.
void expect_included(const json& before, const json& now, const std::string& where) {
  if (before.is_array() && now.is_array()) {
    ASSERT_EQ(before.size(), now.size()) << where;
    for (std::size_t i = 0; i < before.size(); ++i)
      expect_included(before[i], now[i], where + "/" + std::to_string(i));
  } else if (before.is_object() && now.is_object()) {
    for (const auto& [name, value] : before.items()) {
      ASSERT_TRUE(now.contains(name)) << where << "/" << name;
      expect_included(value, now[name], where + "/" + name);
    }
  } else {
    EXPECT_EQ(before, now) << where;
  }
}

TEST(OtherVersion, OfWhatItHandedOverNothingIsLost) {
  const auto text = recorded_text("state.json");
  const auto read = read_set_memory(text);
  ASSERT_TRUE(read) << read.error().context;
  ASSERT_EQ(read->routers.size(), 4U);
  EXPECT_EQ(read->routers[0].machine.state, State::active);
  EXPECT_EQ(read->routers[0].machine.claim_cause, Cause::silence);
  EXPECT_TRUE(read->routers[0].transitions.empty()) << "it told of none";
  expect_included(json::parse(text), json::parse(to_json(*read)), "");
}

TEST(OtherVersion, TransitionsChangeNothingThatItReads) {
  auto memory = read_set_memory(recorded_text("state.json")).value();
  for (auto& router : memory.routers) {
    router.transitions.assign(kTransitionsKept,
                              {.to = State::fault, .cause = Cause::link_down, .reason = "eth0 is down"});
  }
  expect_included(json::parse(recorded_text("state.json")), json::parse(to_json(memory)), "");
}

TEST(OtherVersion, ItsWordsAreOurs) {
  auto file = recorded("frames.jsonl");
  std::size_t count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const auto frame = read_sibling_frame(line);
    ASSERT_TRUE(frame) << line;
    EXPECT_NE(frame->kind, SiblingFrame::Kind::other) << line;
    auto said = json::parse(line);
    said.erase("pid");  // of who says it
    said.erase("version");
    expect_included(said, json::parse(to_json(*frame)), line);
  }
  EXPECT_EQ(count, 10U) << "one of each kind";
}

TEST(OtherVersion, ItsStatusIsShown) {
  const auto document = recorded_text("status.json");
  const auto table = status_table({document}).value();
  EXPECT_NE(
      table.find("web  vrid 51  eth0  active  priority 200  active 192.0.2.11  192.0.2.100/32  since 20"),
      std::string::npos)
      << table;
  expect_included(json::parse(document)["routers"], json::parse(merged_status({document}).value())["routers"],
                  "");
}

// Of each member that programs read there, something of the same kind is still there.
TEST(OtherVersion, ItsMembersOfTheStatusAreStillThere) {
  const AgentStatus status{.group = "web",
                           .routers = {{.interface = "eth0",
                                        .addresses = {IpPrefix::parse("192.0.2.100").value()},
                                        .peers = {IpAddress::parse("192.0.2.12").value()}}}};
  const auto before = json::parse(recorded_text("status.json"));
  const auto now = json::parse(to_json(status));
  for (const auto& [was, is] : {std::pair(before["agent"], now["agent"]),
                                std::pair(before["agent"]["counters"], now["agent"]["counters"]),
                                std::pair(before["routers"][0], now["routers"][0]),
                                std::pair(before["routers"][0]["counters"], now["routers"][0]["counters"])}) {
    for (const auto& [name, value] : was.items()) {
      ASSERT_TRUE(is.contains(name)) << name;
      EXPECT_EQ(value.is_number(), is[name].is_number()) << name;
      EXPECT_TRUE(value.is_number() || value.type() == is[name].type()) << name;
    }
  }
}

}  // namespace
}  // namespace vip::vrrp

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "operator/webhook/event_json.h"
#include "operator/webhook/outbox.h"

namespace vip::swarm {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr TimePoint kStart{1000s};

Event event(int number) {
  return {.kind = EventKind::problem,
          .group = "web",
          .addresses = {},
          .holders = {},
          .previous = {},
          .problem = std::to_string(number),
          .at = {}};
}

std::vector<Event> events(int first, int last) {
  std::vector<Event> made;
  for (int number = first; number <= last; ++number) made.push_back(event(number));
  return made;
}

// Delivers everything; the numbers in the order of their arrival.
std::vector<std::string> delivered(Outbox& outbox) {
  std::vector<std::string> numbers;
  while (outbox.due()) {
    numbers.push_back(outbox.begin().event.problem);
    outbox.finish(Verdict::delivered, kStart, 0);
  }
  return numbers;
}

TEST(Verdict, OnlyWhatMayPassIsSentAgain) {
  for (const long status : {200L, 204L, 299L}) EXPECT_EQ(verdict_on(status), Verdict::delivered) << status;
  for (const long status : {408L, 429L, 500L, 503L, 599L})
    EXPECT_EQ(verdict_on(status), Verdict::later) << status;
  for (const long status : {301L, 307L, 400L, 401L, 404L, 410L, 499L})
    EXPECT_EQ(verdict_on(status), Verdict::refused) << status;
}

TEST(Outbox, DeliversInOrder) {
  Outbox outbox;
  EXPECT_FALSE(outbox.due());
  outbox.add(events(1, 3));
  outbox.add(events(4, 4));
  EXPECT_EQ(delivered(outbox), (std::vector<std::string>{"1", "2", "3", "4"}));
  EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, HasOneUnderWayAtATime) {
  Outbox outbox;
  outbox.add(events(1, 2));
  (void)outbox.begin();
  EXPECT_FALSE(outbox.due());
}

TEST(Outbox, PausesGrowWithScatterAndEndWithASuccess) {
  Outbox outbox;
  outbox.add(events(1, 2));
  auto now = kStart;
  const auto fail_once = [&](double scatter) {
    (void)outbox.begin();
    outbox.finish(Verdict::later, now, scatter);
    return *outbox.due() - now;
  };
  EXPECT_EQ(fail_once(0), 1s);
  EXPECT_EQ(fail_once(0.5), 3s);
  EXPECT_EQ(fail_once(0), 4s);
  for (int i = 0; i < 10; ++i) (void)fail_once(0);
  EXPECT_EQ(fail_once(0), 60s);
  (void)outbox.begin();
  outbox.finish(Verdict::delivered, now, 0);
  EXPECT_LE(*outbox.due(), now);
  EXPECT_EQ(fail_once(0), 1s);
}

TEST(Outbox, WhatIsRefusedIsLostAndTheNextOneSaysSo) {
  Outbox outbox;
  outbox.add(events(1, 2));
  (void)outbox.begin();
  outbox.finish(Verdict::refused, kStart, 0);
  EXPECT_EQ(outbox.take_lost(), 1U);
  EXPECT_EQ(outbox.take_lost(), 0U);
  const auto letter = outbox.begin();
  EXPECT_EQ(letter.event.problem, "2");
  EXPECT_EQ(letter.lost, 1U);
}

TEST(Outbox, LosesTheOldestWhenItIsFull) {
  Outbox outbox;
  outbox.add(events(1, 103));
  EXPECT_EQ(outbox.size(), Outbox::kEventsMax);
  EXPECT_EQ(outbox.take_lost(), 3U);
  const auto letter = outbox.begin();
  EXPECT_EQ(letter.event.problem, "4");
  EXPECT_EQ(letter.lost, 3U);
  outbox.finish(Verdict::delivered, kStart, 0);
  EXPECT_EQ(outbox.begin().lost, 0U) << "told once";
}

TEST(Outbox, NeverLosesTheOneUnderWay) {
  Outbox outbox;
  outbox.add(events(1, 100));
  EXPECT_EQ(outbox.begin().event.problem, "1");
  outbox.add(events(101, 102));
  outbox.finish(Verdict::later, kStart, 0);
  const auto letter = outbox.begin();
  EXPECT_EQ(letter.event.problem, "1");
  EXPECT_EQ(letter.lost, 2U);
  outbox.add(events(103, 103));
  outbox.finish(Verdict::delivered, kStart, 0);
  EXPECT_EQ(outbox.begin().lost, 1U) << "what was lost meanwhile is still to be told";
}

TEST(Outbox, AnotherReceiverIsTriedAtOnce) {
  Outbox outbox;
  outbox.add(events(1, 1));
  (void)outbox.begin();
  outbox.finish(Verdict::later, kStart, 0);
  outbox.hurry();
  EXPECT_LE(*outbox.due(), kStart);
}

TEST(EventJson, SaysWhoHasItAndWhoHadIt) {
  const Event moved{.kind = EventKind::holder,
                    .group = "web",
                    .addresses = {"192.0.2.201"},
                    .holders = {{.node = "id2", .hostname = "n2"}},
                    .previous = "n1",
                    .problem = {},
                    .at = WallTime(1'700'000'000'123ms)};
  EXPECT_EQ(json::parse(event_json({.event = moved, .lost = 0})),
            (json{{"event", "holder"},
                  {"group", "web"},
                  {"time", "2023-11-14T22:13:20.123Z"},
                  {"text", "swarm-vip: 192.0.2.201 (group web) is on n2, before on n1"},
                  {"addresses", {"192.0.2.201"}},
                  {"node", "n2"},
                  {"node_id", "id2"},
                  {"nodes", {"n2"}},
                  {"previous_node", "n1"}}));
}

TEST(EventJson, NamesNoNodeWhereThereIsNotOne) {
  Event several{.kind = EventKind::several_holders,
                .group = "web",
                .addresses = {"192.0.2.201"},
                .holders = {{.node = "id1", .hostname = "n1"}, {.node = "id2", .hostname = "n2"}},
                .previous = "n1",
                .problem = {},
                .at = {}};
  auto document = json::parse(event_json({.event = several, .lost = 0}));
  EXPECT_EQ(document["node"], "");
  EXPECT_EQ(document["nodes"], (json{"n1", "n2"}));
  several.kind = EventKind::no_holder;
  several.holders.clear();
  document = json::parse(event_json({.event = several, .lost = 0}));
  EXPECT_EQ(document["nodes"], json::array());
  EXPECT_EQ(document["previous_node"], "n1");
}

TEST(EventJson, IsOneLineWithoutControlCharactersAndSaysWhatIsMissing) {
  auto problem = event(1);
  problem.problem = "a\nb\x1b[31m \xff";
  const auto text = event_json({.event = problem, .lost = 7});
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const auto document = json::parse(text);
  EXPECT_EQ(document["lost"], 7);
  EXPECT_EQ(document["text"].get<std::string>().find('\x1b'), std::string::npos);
  EXPECT_FALSE(document.contains("node"));
}

}  // namespace
}  // namespace vip::swarm

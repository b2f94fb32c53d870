#include "vrrp/sys/lasting_memory.h"

#include <algorithm>
#include <csignal>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

using Image = std::vector<std::uint8_t>;

constexpr std::size_t kContentMax = 64;

Image blank() {
  return Image(LastingRecord::space_for(kContentMax));
}

std::optional<std::string> content_of(Image image) {
  return LastingRecord(image).read();
}

TEST(LastingRecord, HasNothingAtFirst) {
  EXPECT_EQ(content_of(blank()), std::nullopt);
}

TEST(LastingRecord, HasWhatWasWrittenLast) {
  auto image = blank();
  LastingRecord record(image);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(record.write("content " + std::to_string(i)));
    EXPECT_EQ(content_of(image), "content " + std::to_string(i));
  }
}

TEST(LastingRecord, TakesAsMuchAsItHasRoomFor) {
  auto image = blank();
  LastingRecord record(image);
  const std::string longest(kContentMax, 'x');
  ASSERT_TRUE(record.write(longest));
  ASSERT_TRUE(record.write("short"));
  EXPECT_EQ(record.read(), "short");
  ASSERT_TRUE(record.write(longest));
  EXPECT_EQ(record.read(), longest);
}

// Rather none than one that is no longer true.
TEST(LastingRecord, KeepsNothingWhenItIsTooLong) {
  auto image = blank();
  LastingRecord record(image);
  ASSERT_TRUE(record.write("old"));
  const auto written = record.write(std::string(kContentMax + 1, 'x'));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::exhausted);
  EXPECT_EQ(record.read(), std::nullopt);
}

TEST(LastingRecord, IsForgotten) {
  auto image = blank();
  LastingRecord record(image);
  ASSERT_TRUE(record.write("one"));
  ASSERT_TRUE(record.write("two"));
  record.forget();
  EXPECT_EQ(record.read(), std::nullopt);
  ASSERT_TRUE(record.write("three"));
  EXPECT_EQ(record.read(), "three");
}

// Whoever dies while writing has written some bytes and others not, from either end.
TEST(LastingRecord, ATornWriteLeavesTheOldOrTheNewContent) {
  for (const int writes : {0, 1, 2, 3}) {
    auto before = blank();
    std::optional<std::string> old;
    for (int i = 0; i < writes; ++i) {
      old = "old " + std::to_string(i);
      ASSERT_TRUE(LastingRecord(before).write(*old));
    }
    auto after = before;
    ASSERT_TRUE(LastingRecord(after).write("new, and longer than before"));
    int old_seen = 0;
    for (std::size_t done = 0; done <= after.size(); ++done) {
      const auto middle = static_cast<std::ptrdiff_t>(done);
      auto from_front = before;
      std::copy_n(after.begin(), middle, from_front.begin());
      auto from_back = after;
      std::copy_n(before.begin(), middle, from_back.begin());
      for (const auto& torn : {from_front, from_back}) {
        const auto content = content_of(torn);
        EXPECT_TRUE(content == old || content == "new, and longer than before")
            << done << " bytes of write " << writes << ": " << content.value_or("nothing");
        if (content == old) ++old_seen;
      }
    }
    EXPECT_GT(old_seen, 0) << writes;
  }
}

TEST(LastingRecord, NoFlippedBitIsBelieved) {
  auto image = blank();
  LastingRecord record(image);
  ASSERT_TRUE(record.write("older"));
  ASSERT_TRUE(record.write("newer"));
  for (std::size_t i = 0; i < image.size() * 8; ++i) {
    auto flipped = image;
    flipped[i / 8] ^= static_cast<std::uint8_t>(1U << i % 8);
    const auto content = content_of(flipped);
    EXPECT_TRUE(content == "older" || content == "newer") << i << ": " << content.value_or("nothing");
  }
}

TEST(LastingMemory, OutlivesWhoeverWroteIt) {
  auto memory = LastingMemory::create();
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->last_beat(), std::nullopt);
  EXPECT_EQ(memory->patience(), 0ns);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    memory->beat(TimePoint(5s));
    memory->set_patience(4s);
    const bool written = memory->of_set().write(std::string(LastingMemory::kSetContentMax, 's')) &&
                         memory->of_router(0).write("first") &&
                         memory->of_router(LastingMemory::kRoutersMax - 1).write("last");
    (void)::kill(::getpid(), written ? SIGKILL : SIGTERM);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(memory->last_beat(), TimePoint(5s));
  EXPECT_EQ(memory->patience(), 4s);
  EXPECT_EQ(memory->of_set().read(), std::string(LastingMemory::kSetContentMax, 's'));
  EXPECT_EQ(memory->of_router(0).read(), "first");
  EXPECT_EQ(memory->of_router(1).read(), std::nullopt);
  EXPECT_EQ(memory->of_router(LastingMemory::kRoutersMax - 1).read(), "last");
}

TEST(LastingMemory, CountsDeaths) {
  auto memory = LastingMemory::create();
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->last_death().deaths, 0U);
  memory->note_death(SIGSEGV, /*hung=*/false);
  memory->note_death(SIGKILL, /*hung=*/true);
  const auto death = memory->last_death();
  EXPECT_EQ(death.deaths, 2U);
  EXPECT_EQ(death.signal, SIGKILL);
  EXPECT_TRUE(death.hung);
}

}  // namespace
}  // namespace vip::vrrp

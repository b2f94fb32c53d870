#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vrrp/core/sibling_proof.h"
#include "vrrp/sibling_json.h"
#include "vrrp/sys/loopback_socket.h"
#include "vrrp/sys/sibling_line.h"

namespace vip::vrrp {
namespace {

struct Ends {
  Ends() {
    std::array<int, 2> raw{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, raw.data()), 0);
    near.emplace(sys::UniqueFd(raw[0]));
    far.emplace(sys::UniqueFd(raw[1]));
  }
  std::optional<SiblingLine> near;
  std::optional<SiblingLine> far;
};

struct Frame {
  std::string text;
  std::vector<sys::UniqueFd> descriptors;
};

std::vector<Frame> take_all(SiblingLine& line, bool& open) {
  std::vector<Frame> frames;
  open = line.receive([&](std::string text, std::vector<sys::UniqueFd> descriptors) {
    frames.push_back({std::move(text), std::move(descriptors)});
  });
  return frames;
}

ino_t identity(int fd) {
  struct stat info{};
  EXPECT_EQ(::fstat(fd, &info), 0);
  return info.st_ino;
}

TEST(SiblingLine, DeliversFramesInOrderAndThenTheEnd) {
  Ends ends;
  for (const auto* text : {"one", "", "three"}) ASSERT_TRUE(ends.near->send(text));
  ends.near.reset();
  bool open = true;
  const auto frames = take_all(*ends.far, open);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].text, "one");
  EXPECT_EQ(frames[1].text, "");
  EXPECT_EQ(frames[2].text, "three");
  EXPECT_FALSE(open);
}

// The kernel may hand over the text before together with the text that they belong to.
TEST(SiblingLine, DescriptorsComeWithTheirOwnFrame) {
  Ends ends;
  std::array<int, 2> pipe{};
  ASSERT_EQ(::pipe(pipe.data()), 0);
  const sys::UniqueFd reading(pipe[0]);
  const sys::UniqueFd writing(pipe[1]);
  ASSERT_TRUE(ends.near->send("plain"));
  ASSERT_TRUE(ends.near->send("both", {ends.near->fd(), reading.get()}));
  ASSERT_TRUE(ends.near->send("plain again"));
  ASSERT_TRUE(ends.near->send("one", {writing.get()}));
  bool open = false;
  auto frames = take_all(*ends.far, open);
  for (auto& frame : take_all(*ends.far, open)) frames.push_back(std::move(frame));
  ASSERT_EQ(frames.size(), 4U);
  EXPECT_TRUE(open);
  EXPECT_TRUE(frames[0].descriptors.empty());
  ASSERT_EQ(frames[1].descriptors.size(), 2U);
  EXPECT_EQ(identity(frames[1].descriptors[0].get()), identity(ends.near->fd()));
  EXPECT_EQ(identity(frames[1].descriptors[1].get()), identity(reading.get()));
  EXPECT_TRUE(frames[2].descriptors.empty());
  ASSERT_EQ(frames[3].descriptors.size(), 1U);
}

TEST(SiblingLine, KeepsBackWhatIsNotReadAndSendsItLater) {
  Ends ends;
  const std::string large(3U << 20U, 'a');
  ASSERT_TRUE(ends.near->send(large));
  EXPECT_FALSE(ends.near->is_flushed());
  std::vector<Frame> frames;
  bool open = true;
  while (frames.empty() && open) {
    frames = take_all(*ends.far, open);
    ASSERT_TRUE(ends.near->flush());
  }
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].text, large);
  EXPECT_TRUE(ends.near->is_flushed());
}

TEST(SiblingLine, ASiblingThatNeverReadsIsGivenUp) {
  Ends ends;
  const std::string large(12U << 20U, 'a');
  Status sent;
  for (int i = 0; i < 10 && sent; ++i) sent = ends.near->send(large);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::exhausted);
}

TEST(SiblingLine, WhatIsNoFrameEndsIt) {
  Ends ends;
  const std::array<std::uint8_t, 5> endless{0xFF, 0xFF, 0xFF, 0xFF, 0};
  ASSERT_EQ(::send(ends.near->fd(), endless.data(), endless.size(), 0), 5);
  bool open = true;
  EXPECT_TRUE(take_all(*ends.far, open).empty());
  EXPECT_FALSE(open);
}

TEST(SiblingLine, AFloodIsReadInTurns) {
  Ends ends;
  const std::string large(1U << 20U, 'a');
  std::size_t turns = 0;
  std::size_t received = 0;
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(ends.near->send(large));
  bool open = true;
  while (received < 7 && open) {
    received += take_all(*ends.far, open).size();
    ASSERT_TRUE(ends.near->flush());
    ++turns;
  }
  EXPECT_EQ(received, 7U);
  EXPECT_GE(turns, 7U);
}

// --- proofs ---

AuthKey key(std::uint8_t fill) {
  return {.id = 1, .secret = std::vector<std::uint8_t>(kSecretSizeMin, fill)};
}

const SiblingChallenge kChallenge{
    .prover = SiblingSide::connector, .group = "web", .of_verifier = "a", .of_prover = "b"};

TEST(SiblingProof, AnyKeyThatBothHaveIsEnough) {
  EXPECT_TRUE(is_proven(sibling_proofs({key(1), key(2)}, kChallenge), {key(2), key(3)}, kChallenge));
  EXPECT_FALSE(is_proven(sibling_proofs({key(1)}, kChallenge), {key(2), key(3)}, kChallenge));
  EXPECT_FALSE(is_proven({}, {key(1)}, kChallenge));
  EXPECT_FALSE(is_proven({""}, {key(1)}, kChallenge));
}

TEST(SiblingProof, IsGoodForOneConversationOnly) {
  const auto proofs = sibling_proofs({key(1)}, kChallenge);
  auto other = kChallenge;
  other.prover = SiblingSide::listener;
  EXPECT_FALSE(is_proven(proofs, {key(1)}, other)) << "reflected";
  other = kChallenge;
  other.group = "db";
  EXPECT_FALSE(is_proven(proofs, {key(1)}, other)) << "of another group";
  other = kChallenge;
  other.of_verifier = "c";
  EXPECT_FALSE(is_proven(proofs, {key(1)}, other)) << "to another challenge";
  other = kChallenge;
  other.of_verifier = "ab";
  other.of_prover = "";
  EXPECT_FALSE(is_proven(proofs, {key(1)}, other)) << "cut elsewhere";
  other = kChallenge;
  other.host = "another";
  EXPECT_FALSE(is_proven(proofs, {key(1)}, other)) << "relayed";
}

// --- where unix sockets are denied ---

// Agents of two versions must look for each other at the same place.
TEST(LoopbackAddress, IsTheNamesForEver) {
  EXPECT_EQ(loopback_address("swarm-vip/charge/web").text(), "127.120.180.191");
  EXPECT_EQ(loopback_address("swarm-vip/charge/db").text(), "127.251.60.217");
}

TEST(LoopbackAddress, IsApartFromThoseThatProgramsUse) {
  std::set<IpAddress> addresses;
  for (int i = 0; i < 2000; ++i) {
    const auto address = loopback_address("swarm-vip/charge/" + std::to_string(i));
    EXPECT_TRUE(address.is_loopback());
    EXPECT_FALSE((IpPrefix{.address = address, .length = 16}.covers(IpAddress::v4({127, 0, 0, 1}))))
        << address.text();
    EXPECT_NE(address.bytes()[1], 255);
    addresses.insert(address);
  }
  EXPECT_GE(addresses.size(), 1990U);
}

// --- words ---

TEST(SiblingJson, ReadsWhatItWrites) {
  SiblingFrame hello{.kind = SiblingFrame::Kind::hello, .challenge = "c", .has_keys = true};
  hello.order = {.started = TimePoint(std::chrono::seconds(7)), .nonce = ~std::uint64_t{0}};
  const auto read = read_sibling_frame(to_json(hello));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kind, SiblingFrame::Kind::hello);
  EXPECT_EQ(read->challenge, "c");
  EXPECT_EQ(read->order, hello.order);
  EXPECT_TRUE(read->has_keys);

  const auto unfit = read_sibling_frame(to_json({.kind = SiblingFrame::Kind::unfit, .why = "no such port"}));
  ASSERT_TRUE(unfit);
  EXPECT_EQ(unfit->kind, SiblingFrame::Kind::unfit);
  EXPECT_EQ(unfit->why, "no such port");

  const SiblingFrame committed{.kind = SiblingFrame::Kind::message,
                               .message = {.word = Word::committed, .handoff = 3},
                               .carries = {"name", "status"}};
  const auto again = read_sibling_frame(to_json(committed));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->message, committed.message);
  EXPECT_EQ(again->carries, committed.carries);
}

TEST(SiblingJson, PassesOverWhatLaterVersionsAdd) {
  const auto ask = read_sibling_frame(R"({"kind":"ask","handoff":2,"colour":{"of":["the","sky"]}})");
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->kind, SiblingFrame::Kind::message);
  EXPECT_EQ(ask->message.word, Word::ask);
  const auto other = read_sibling_frame(R"({"kind":"greeting"})");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->kind, SiblingFrame::Kind::other);
  for (const auto* nonsense : {"", "[]", "{", R"({"kind":7})", R"({"kind":"ask","handoff":"x"})", R"("ask")"})
    EXPECT_FALSE(read_sibling_frame(nonsense)) << nonsense;
}

}  // namespace
}  // namespace vip::vrrp

#include "operator/page/visitor.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "operator/page/answers.h"
#include "operator/page/board.h"

namespace vip::swarm {
namespace {

using namespace std::chrono_literals;

PagePlace place(const std::string& address, const std::string& token = "") {
  return {.address = IpAddress::parse(address), .port = 9109, .token = token};
}

TEST(Visitor, ATokenIsAskedForAndComparedWhole) {
  const auto guarded = place("127.0.0.1", "s3cret+/=");
  const auto with = [](const std::string& authorization, const std::string& cookie = "") {
    return http::Request{
        .path = "/status", .authorization = authorization, .cookie = cookie, .host = "evil.example"};
  };
  EXPECT_EQ(welcome(guarded, with("")), Welcome::no_token);
  EXPECT_EQ(welcome(guarded, with("Bearer s3cret+/=")), Welcome::yes);
  EXPECT_EQ(welcome(guarded, with("bearer  s3cret+/=")), Welcome::yes);
  for (const auto* const wrong : {"Bearer s3cret+/", "Bearer s3cret+/=x", "Bearer ", "Bearer S3CRET+/="})
    EXPECT_EQ(welcome(guarded, with(wrong)), Welcome::wrong_token) << wrong;
  EXPECT_EQ(welcome(guarded, with("Basic s3cret+/=")), Welcome::no_token);
  EXPECT_EQ(welcome(guarded, with("", "a=b; swarm-vip-token=s3cret+/=; c=d")), Welcome::yes);
  EXPECT_EQ(welcome(guarded, with("", "swarm-vip-token=s3cret%2B%2f%3D")), Welcome::yes);
  EXPECT_EQ(welcome(guarded, with("", "swarm-vip-token=s3cret")), Welcome::wrong_token);
  EXPECT_EQ(welcome(guarded, with("", "swarm-vip-token=")), Welcome::wrong_token);
  EXPECT_EQ(welcome(guarded, with("", "xswarm-vip-token=s3cret+/=")), Welcome::no_token);
  EXPECT_EQ(welcome(guarded, with("Bearer wrong", "swarm-vip-token=s3cret+/=")), Welcome::yes);
}

TEST(Visitor, OnLoopbackOnlyItsOwnNamesLeadHere) {
  const auto of_host = [](const std::string& host) { return http::Request{.path = "/status", .host = host}; };
  for (const auto* const host :
       {"", "127.0.0.1:9109", "localhost:9109", "LOCALHOST", "[::1]:9109", "192.0.2.7"})
    EXPECT_EQ(welcome(place("127.0.0.1"), of_host(host)), Welcome::yes) << host;
  for (const auto* const host :
       {"evil.example:9109", "localhost.evil.example", "127.0.0.1.evil.example", "[evil]:1"})
    EXPECT_EQ(welcome(place("127.0.0.1"), of_host(host)), Welcome::strange_host) << host;
  EXPECT_EQ(welcome(place("::1"), of_host("evil.example")), Welcome::strange_host);
  EXPECT_EQ(welcome(place("192.0.2.7"), of_host("manager1:9109")), Welcome::yes)
      << "who opens it, has names for it";
  EXPECT_EQ(welcome({.address = {}, .port = 9109}, of_host("manager1:9109")), Welcome::yes);
}

TEST(Answers, ARefusalSaysWhyAndShowsNothing) {
  const auto asked = refusal(Welcome::no_token);
  EXPECT_EQ(asked.status, 401);
  EXPECT_EQ(asked.content_type, "application/json");
  EXPECT_EQ(asked.body, "{\"error\": \"a token is asked for\"}\n");
  EXPECT_EQ(refusal(Welcome::wrong_token).body, "{\"error\": \"the token is wrong\"}\n");
  EXPECT_EQ(refusal(Welcome::strange_host).status, 403);
  const auto has_policy = [](const http::Response& response) {
    return std::ranges::any_of(response.headers,
                               [](const auto& header) { return header.first == "Content-Security-Policy"; });
  };
  EXPECT_TRUE(has_policy(asked));
  EXPECT_TRUE(has_policy(with_guards({})));
}

TEST(Answers, TheSerialIsANumberOrNone) {
  EXPECT_EQ(known_serial("known=17"), 17U);
  EXPECT_EQ(known_serial("a=1&known=1795867200123"), 1795867200123U);
  for (const auto* const query :
       {"", "known=", "known=-1", "known=x", "unknown=17", "known=99999999999999999999"})
    EXPECT_FALSE(known_serial(query)) << query;
}

TEST(Board, WhoLooksOnIsKnownForAWhile) {
  const auto board = Board::create({.version = "0.1.0"}).value();
  EXPECT_FALSE(board->is_watched(TimePoint(1s)));
  board->look_on(TimePoint(1s));
  EXPECT_TRUE(board->watched().take());
  EXPECT_TRUE(board->is_watched(TimePoint(10s)));
  board->look_on(TimePoint(10s));
  EXPECT_FALSE(board->watched().take()) << "nobody needs to be woken";
  EXPECT_FALSE(board->is_watched(TimePoint(20s)));
}

TEST(Board, KeepsWhatTheOperatorDid) {
  const auto board = Board::create({.version = "0.1.0"}).value();
  EXPECT_EQ(board->view()->state, R"({"groups":[],"history":[]})");
  board->looked("no leader", 0);
  board->observed(TimePoint(5s), WallTime(7s));
  board->looked({}, 3);
  const auto facts = board->facts();
  EXPECT_EQ(facts.looks, 2U);
  EXPECT_EQ(facts.look_failures, 1U);
  EXPECT_EQ(facts.changes, 3U);
  EXPECT_EQ(facts.failure, "");
  EXPECT_EQ(facts.looked, TimePoint(5s));
}

}  // namespace
}  // namespace vip::swarm

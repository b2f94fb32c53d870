// The server in a loop of its own thread, and visitors of every kind.
#include "common/http/server.h"

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <deque>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/sys/wake.h"

namespace vip::http {
namespace {

using namespace std::chrono_literals;

// One end of a connection to the server; all waiting ends in a while.
class Visitor {
 public:
  explicit Visitor(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    EXPECT_EQ(::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&where), sizeof(where)), 0);
  }
  // False when the server has gone.
  bool say(std::string_view text) const {
    return ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // Everything until the server ends the connection, however.
  std::string hear() const {
    std::string all;
    std::array<char, 4096> chunk{};
    for (ssize_t count = 0; (count = ::recv(fd_.get(), chunk.data(), chunk.size(), 0)) > 0;)
      all.append(chunk.data(), static_cast<std::size_t>(count));
    return all;
  }
  void read_little() const {
    const int tiny = 1;
    EXPECT_EQ(::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &tiny, sizeof(tiny)), 0);
  }

 private:
  sys::UniqueFd fd_;
};

class HttpServer : public testing::Test {
 protected:
  ~HttpServer() override {
    stop_.call();
    if (thread_.joinable()) thread_.join();
  }

  void serve(Limits limits) {
    const auto fine = [](const Request& request) { return Response{.body = "fine " + request.query + "\n"}; };
    const auto large = [this](const Request&) {
      ++large_made_;
      return Response{.body = std::string(8U << 20U, 'x')};
    };
    server_.emplace(Server::create(loop_, {{"/fine", fine}, {"/large", large}}, limits).value());
    sys::UniqueFd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const int reuse = 1;
    ASSERT_EQ(::setsockopt(listening.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)), 0);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(where);
    ASSERT_EQ(::bind(listening.get(), reinterpret_cast<const sockaddr*>(&where), size), 0);
    ASSERT_EQ(::listen(listening.get(), 64), 0);
    ASSERT_EQ(::getsockname(listening.get(), reinterpret_cast<sockaddr*>(&where), &size), 0);
    port_ = ntohs(where.sin_port);
    ASSERT_TRUE(server_->adopt(IpAddress::v4({127, 0, 0, 1}), port_, std::move(listening)));
    watch_ = loop_.on_readable(stop_.fd(), [this] { loop_.stop(); });
    thread_ = std::thread([this] { loop_.run(); });
  }

  [[nodiscard]] std::string ask(std::string_view request) const {
    const Visitor visitor(port_);
    (void)visitor.say(request);
    return visitor.hear();
  }

  sys::EventLoop loop_ = sys::EventLoop::create().value();
  sys::Wake stop_ = sys::Wake::create().value();
  sys::Watch watch_;
  std::optional<Server> server_;
  std::atomic<int> large_made_ = 0;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(HttpServer, AnswersAndEndsTheConnection) {
  serve({});
  const auto answer = ask("GET /fine?a=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nfine a=1\n")) << answer;
  EXPECT_TRUE(ask("HEAD /fine HTTP/1.1\r\n\r\n").ends_with("Connection: close\r\n\r\n"));
  const auto missing = ask("GET /nowhere HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(missing.starts_with("HTTP/1.1 404 ")) << missing;
  EXPECT_NE(missing.find("/fine"), std::string::npos) << "it says what there is: " << missing;
}

TEST_F(HttpServer, GivesALargeAnswerToWhoReadsIt) {
  serve({});
  const auto answer = ask("GET /large HTTP/1.1\r\n\r\n");
  EXPECT_GT(answer.size(), 8U << 20U);
}

TEST_F(HttpServer, RefusesAndSaysWhy) {
  serve({});
  EXPECT_TRUE(ask("POST /fine HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc").starts_with("HTTP/1.1 405 "));
  EXPECT_TRUE(ask("GET /fine\r\n\r\n").starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(ask("GET /fine HTTP/1.1\r\nA: " + std::string(20000, 'a')).starts_with("HTTP/1.1 431 "));
}

TEST_F(HttpServer, WhoIsSlowHasALifetime) {
  serve({.connections = 4, .lifetime = 1s});
  const auto begin = std::chrono::steady_clock::now();
  const Visitor slow(port_);
  std::thread dripping([&] {
    const std::string drops = "GET /fine HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    for (const char drop : drops) {
      if (!slow.say({&drop, 1})) return;
      std::this_thread::sleep_for(100ms);
    }
  });
  const auto answer = slow.hear();
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 408 ")) << answer;
  const auto lived = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(lived, 900ms);
  EXPECT_LT(lived, 4s) << "each drop was in time, and yet it ended";
  dripping.join();
}

TEST_F(HttpServer, AmongManyWhoSayNothingSheWhoAsksIsAnswered) {
  serve({.connections = 8, .lifetime = 600s});
  std::deque<Visitor> silent;
  for (int i = 0; i < 50; ++i) silent.emplace_back(port_);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(ask("GET /fine HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 "));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  EXPECT_TRUE(silent.front().hear().starts_with("HTTP/1.1 503 ")) << "the first had to give way";
}

// Answers that nobody reads: no more than one beyond the bound is in memory, and the places come free again.
TEST_F(HttpServer, WhoReadsNothingHoldsNoMemory) {
  serve({.connections = 8, .lifetime = 2s});
  std::deque<Visitor> deaf;
  for (int i = 0; i < 8; ++i) {
    auto& visitor = deaf.emplace_back(port_);
    visitor.read_little();
    EXPECT_TRUE(visitor.say("GET /large HTTP/1.1\r\n\r\n"));
  }
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(large_made_, 1) << "8 MiB wait to be read: no further ones are made";
  EXPECT_TRUE(ask("GET /fine HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 ")) << "when they have gone";
}

TEST_F(HttpServer, ASocketOfAnotherPlaceIsNotAdopted) {
  serve({});
  sys::UniqueFd elsewhere(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto other = Server::create(loop_, {}).value();
  EXPECT_FALSE(other.adopt(IpAddress::v4({127, 0, 0, 1}), 9112, std::move(elsewhere)));
  EXPECT_FALSE(other.tcp_socket());
  EXPECT_EQ(other.listen(IpAddress::v4({127, 0, 0, 1}), port_).error().code, Errc::conflict);
}

TEST_F(HttpServer, NoNewVisitorsWhenItListensNoMore) {
  serve({});
  EXPECT_TRUE(server_->tcp_socket());
  EXPECT_TRUE(ask("GET /fine HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200 "));
  stop_.call();
  thread_.join();
  server_->stop_listening();
  EXPECT_FALSE(server_->tcp_socket());
  EXPECT_TRUE(server_->listen(IpAddress::v4({127, 0, 0, 1}), port_)) << "the place is free again";
}

}  // namespace
}  // namespace vip::http

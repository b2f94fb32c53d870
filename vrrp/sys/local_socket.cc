#include "vrrp/sys/local_socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <tuple>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/sys/posix.h"
#include "vrrp/sys/abstract_socket.h"
#include "vrrp/sys/loopback_socket.h"

namespace vip::vrrp {
namespace {

constexpr std::string_view kPrefix = "swarm-vip/agent/";
constexpr std::size_t kAnswerMax = 16U << 20U;  // the status of 1,000 routers, with what became of them
constexpr std::uint16_t kLoopbackPort = 9110;
constexpr int kPerContainer = 16;  // agents that live in one pid namespace, without unix sockets

std::string pid_namespace() {
  struct stat info{};
  if (::stat("/proc/self/ns/pid", &info) != 0) return "0";
  return std::to_string(info.st_ino);
}

std::vector<IpAddress> own_addresses() {
  std::vector<IpAddress> addresses;
  addresses.reserve(kPerContainer);
  for (int i = 0; i < kPerContainer; ++i)
    addresses.push_back(loopback_address(std::string(kPrefix) + pid_namespace() + "/" + std::to_string(i)));
  return addresses;
}

Result<sys::UniqueFd> connect_to(const LocalAgent& agent) {
  if (agent.loopback) return connect_loopback({.address = *agent.loopback, .port = kLoopbackPort});
  return connect_abstract(agent.socket);
}

Result<std::string> exchange(int fd, const std::string& request) {
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) return sys::errno_failure("ask");
  std::string answer;
  std::array<char, 4096> chunk{};
  for (;;) {
    const ssize_t count = ::recv(fd, chunk.data(), chunk.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return sys::errno_failure("answer");
    if (count == 0) return answer;
    answer.append(chunk.data(), static_cast<std::size_t>(count));
    if (answer.size() > kAnswerMax) return fail(Errc::exhausted, "answer: larger than 16 MiB");
  }
}

}  // namespace

Result<sys::UniqueFd> listen_locally(std::string_view group) {
  const auto name = std::string(kPrefix) + pid_namespace() + "/" + std::to_string(::getpid()) + "/" +
                    std::string(group.substr(0, 40));
  auto local = listen_abstract(name);
  if (local || !is_unix_denial(local.error())) return local;
  for (const auto& address : own_addresses()) {
    local = listen_loopback({.address = address, .port = kLoopbackPort});
    if (local || local.error().code != Errc::conflict) break;
  }
  return local;
}

std::string name(const LocalAgent& agent) {
  return agent.loopback ? agent.loopback->text() + ":" + std::to_string(kLoopbackPort) : agent.group;
}

Result<std::vector<LocalAgent>> local_agents() {
  VIP_TRY(const auto names, abstract_listeners(kPrefix));
  const auto own_namespace = pid_namespace();
  std::vector<LocalAgent> agents;
  for (const auto& name : names) {
    LocalAgent agent{.socket = name};
    const auto rest = agent.socket.substr(kPrefix.size());
    const auto pid_at = rest.find('/');
    const auto group_at = pid_at == std::string::npos ? pid_at : rest.find('/', pid_at + 1);
    if (group_at == std::string::npos) continue;
    agent.same_container = rest.substr(0, pid_at) == own_namespace;
    agent.group = rest.substr(group_at + 1);
    agents.push_back(std::move(agent));
  }
  VIP_TRY(const auto listeners, loopback_listeners(kLoopbackPort));
  const auto own = own_addresses();
  for (const auto& address : listeners)
    agents.push_back({.loopback = address, .same_container = std::ranges::count(own, address) > 0});
  std::ranges::sort(agents, {}, [](const LocalAgent& agent) {
    return std::tuple(agent.group, agent.socket, agent.loopback);
  });
  return agents;
}

Result<std::string> ask_locally(const LocalAgent& agent, std::string_view path, std::chrono::seconds limit) {
  VIP_TRY(const auto fd, connect_to(agent));
  const int flags = ::fcntl(fd.get(), F_GETFL);
  const timeval patience{.tv_sec = limit.count(), .tv_usec = 0};
  const bool bounded = ::fcntl(fd.get(), F_SETFL, flags & ~O_NONBLOCK) == 0 &&
                       ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
                       ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0;
  if (!bounded) return sys::errno_failure("options");
  VIP_TRY(const auto answer, exchange(fd.get(), "GET " + std::string(path) + " HTTP/1.0\r\n\r\n"));
  const auto body = answer.find("\r\n\r\n");
  const auto space = answer.find(' ');
  if (body == std::string::npos || space > body) return fail(Errc::unavailable, "the answer is not HTTP");
  if (answer.substr(space + 1, 3) != "200")
    return fail(Errc::unavailable, "HTTP status " + answer.substr(space + 1, 3));
  return answer.substr(body + 4);
}

}  // namespace vip::vrrp

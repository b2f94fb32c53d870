#include "vrrp/sys/errands.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/assert.h"
#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "vrrp/sys/errand_runner.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

constexpr Duration kForkAgain = 1s;
// The newest states count.
constexpr std::size_t kWaitingMax = 64;
// Until a runner whose socket is closed is gone: it gives its scripts a second.
constexpr std::chrono::milliseconds kFinishMax{1500};

// A forked process has everything that the router has; here it keeps what it needs.
void close_all_but(int socket) {
  (void)::close_range(STDERR_FILENO + 1, static_cast<unsigned>(socket) - 1, 0);
  (void)::close_range(static_cast<unsigned>(socket) + 1, ~0U, 0);
}

}  // namespace

Errands::Errands(sys::EventLoop& loop, ErrandSettings settings, OnResult on_result)
    : loop_(loop),
      settings_(std::move(settings)),
      on_result_(std::move(on_result)),
      again_(loop.timer([this] { fork_runner(); })) {}

Errands::~Errands() {
  stop();
}

void Errands::start() {
  if (!settings_.empty() && runner_ == 0) fork_runner();
}

// The end of an earlier one that was lost is waited for, and it has none to wait for but the kernel's.
void Errands::fork_runner() {
  if (runner_ > 0) {
    (void)::kill(runner_, SIGKILL);
    (void)::waitpid(std::exchange(runner_, 0), nullptr, 0);
  }
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0)
    return lost(sys::errno_failure("socket pair").error().context);
  sys::UniqueFd ours(ends[0]);
  sys::UniqueFd its(ends[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return lost(sys::errno_failure("fork").error().context);
  if (pid == 0) {
    close_all_but(its.get());
    ::_exit(run_errands(settings_, std::move(its)));
  }
  runner_ = pid;
  socket_ = std::move(ours);
  watch_ = loop_.on_readable(socket_.get(), [this] { on_message(); });
  for (const auto& notice : std::exchange(waiting_, {})) notify(notice);
}

void Errands::on_message() {
  std::array<ErrandResult, 1> result{};
  const auto got = ::recv(socket_.get(), result.data(), sizeof(result), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got != sizeof(result)) return lost("it ended");
  const auto& [check, why] = result.front();
  if (check < settings_.checks.size()) on_result_(check, why.data());
}

void Errands::lost(const std::string& why) {
  if (watch_) watch_->stop();
  log::warning("errands_lost", {{"what", "the process that runs checks and scripts"}, {"why", why}});
  socket_.reset();
  again_.set(loop_.now() + kForkAgain);
}

void Errands::notify(const StateNotice& notice) {
  if (settings_.notify.empty()) return;
  if (!socket_.valid()) {
    waiting_.push_back(notice);
    if (waiting_.size() > kWaitingMax) waiting_.pop_front();
    return;
  }
  ErrandNotice message{.state = static_cast<std::uint8_t>(notice.state),
                       .priority = notice.priority.value,
                       .vrid = notice.vrid.value};
  std::string addresses;
  for (const auto& prefix : notice.addresses) {
    const auto text = (addresses.empty() ? "" : ",") + prefix.text();
    if (addresses.size() + text.size() >= message.addresses.size()) break;
    addresses += text;
  }
  addresses.copy(message.addresses.data(), message.addresses.size() - 1);
  if (::send(socket_.get(), &message, sizeof(message), MSG_NOSIGNAL) < 0)
    log::warning("script_left_out", {{"why", sys::errno_failure("send").error().context}});
}

void Errands::stop() {
  again_.stop();
  waiting_.clear();
  watch_.reset();
  socket_.reset();
  if (runner_ > 0) (void)::waitpid(runner_, nullptr, WNOHANG);
  runner_ = 0;
}

void Errands::finish() {
  if (runner_ == 0) return;
  const ErrandNotice last{.state = kLastNotice};
  if (::send(socket_.get(), &last, sizeof(last), MSG_NOSIGNAL) < 0) return stop();
  pollfd gone{.fd = socket_.get(), .events = POLLIN, .revents = 0};
  const auto end = loop_.now() + kFinishMax;
  for (ErrandResult result; loop_.now() < end;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - loop_.now());
    if (::poll(&gone, 1, static_cast<int>(left.count())) <= 0) break;
    if (::recv(socket_.get(), &result, sizeof(result), 0) == 0) break;
  }
  stop();
}

}  // namespace vip::vrrp

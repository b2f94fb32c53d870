#include "vrrp/sys/children.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

// What a check says is for one line of a message.
constexpr std::size_t kHeardMax = 4096;
constexpr std::size_t kLineMax = 160;

std::string last_line(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const auto begin = text.find_last_of('\n');
  if (begin != std::string_view::npos) text.remove_prefix(begin + 1);
  return printable(std::string(text.substr(0, kLineMax)));
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  all.reserve(words.size() + 1);
  for (auto& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

// Attributes and actions of a spawn, freed with it.
class SpawnPlan {
 public:
  SpawnPlan() {
    (void)::posix_spawn_file_actions_init(&actions_);
    (void)::posix_spawnattr_init(&attributes_);
    sigset_t none{};
    sigset_t all{};
    (void)::sigemptyset(&none);
    (void)::sigfillset(&all);
    (void)::posix_spawnattr_setsigmask(&attributes_, &none);
    (void)::posix_spawnattr_setsigdefault(&attributes_, &all);
    (void)::posix_spawnattr_setpgroup(&attributes_, 0);
    (void)::posix_spawnattr_setflags(
        &attributes_,
        static_cast<short>(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP));
    (void)::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  SpawnPlan(SpawnPlan&&) = delete;
  SpawnPlan& operator=(SpawnPlan&&) = delete;
  ~SpawnPlan() {
    (void)::posix_spawn_file_actions_destroy(&actions_);
    (void)::posix_spawnattr_destroy(&attributes_);
  }

  void say_to(int fd) {
    (void)::posix_spawn_file_actions_adddup2(&actions_, fd, STDOUT_FILENO);
    (void)::posix_spawn_file_actions_adddup2(&actions_, fd, STDERR_FILENO);
  }
  // An errno, 0: it runs.
  [[nodiscard]] int spawn(pid_t& pid, std::vector<std::string> words, std::vector<std::string> environment) {
    const auto arguments = pointers(words);
    const auto variables = pointers(environment);
    return ::posix_spawn(&pid, words.front().c_str(), &actions_, &attributes_, arguments.data(),
                         variables.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

std::vector<std::string> whole_environment(const std::vector<std::string>& more) {
  std::vector<std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) all.emplace_back(*entry);
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::string words_of(int status, const std::string& heard) {
  std::string words;
  if (WIFSIGNALED(status)) {
    const char* const signal = ::sigabbrev_np(WTERMSIG(status));
    words = "ended by SIG" + std::string(signal == nullptr ? "?" : signal);
  } else {
    words = "exit status " + std::to_string(WEXITSTATUS(status));
  }
  const auto line = last_line(heard);
  return line.empty() ? words : words + ": " + line;
}

}  // namespace

Command shell_command(const std::string& script, const std::vector<std::string>& arguments) {
  const bool is_text = script.starts_with("#!") || script.find('\n') != std::string::npos;
  const bool adds = !is_text && !arguments.empty();
  Command command;
  command.words = {"/bin/sh", "-c", adds ? script + " \"$@\"" : script, "sh"};
  command.words.insert(command.words.end(), arguments.begin(), arguments.end());
  return command;
}

Children::Children(sys::EventLoop& loop)
    : loop_(loop),
      soon_(loop.timer([this] { later(); })),
      on_child_(loop.on_signal(SIGCHLD, [this] { reap(); })) {}

void Children::run(const Command& command, Duration timeout, OnEnd on_end) {
  SpawnPlan plan;
  std::array<int, 2> pipe{-1, -1};
  const bool heard = command.is_heard && ::pipe2(pipe.data(), O_CLOEXEC) == 0;
  if (heard && ::fcntl(pipe[0], F_SETFL, O_NONBLOCK) == 0) plan.say_to(pipe[1]);
  std::optional<sys::UniqueFd> output;
  if (pipe[0] >= 0) output.emplace(pipe[0]);
  const sys::UniqueFd its_end(pipe[1]);
  pid_t pid = 0;
  if (const int error = plan.spawn(pid, command.words, whole_environment(command.environment)); error != 0) {
    const std::string why = command.words.front() + ": " + std::string(::strerrordesc_np(error));
    return end_later(std::move(on_end), {.good = false, .why = why});
  }
  auto& child = running_[pid];
  child.on_end = std::move(on_end);
  child.timeout = timeout;
  child.output = std::move(output);
  if (child.output) child.watch = loop_.on_readable(child.output->get(), [this, pid] { hear(pid); });
  child.timer = loop_.timer([this, pid] { time_is_up(pid); });
  child.timer->set(loop_.now() + timeout);
}

void Children::kill_all() {
  for (const auto& [pid, child] : running_) (void)::kill(-pid, SIGKILL);
}

void Children::later() {
  for (auto& [on_end, ending] : std::exchange(ended_, {})) on_end(ending);
}

void Children::hear(pid_t pid) {
  auto& child = running_.at(pid);
  std::array<char, kHeardMax> buffer{};
  const auto got = ::read(child.output->get(), buffer.data(), buffer.size());
  if (got <= 0) {
    if (got == 0 || errno != EAGAIN) child.watch->stop();
    return;
  }
  child.heard.append(buffer.data(), static_cast<std::size_t>(got));
  if (child.heard.size() > kHeardMax) child.heard.erase(0, child.heard.size() - kHeardMax);
}

void Children::time_is_up(pid_t pid) {
  running_.at(pid).timed_out = true;
  (void)::kill(-pid, SIGKILL);
}

// Also those whom our children left behind, and that are ours now.
void Children::reap() {
  int status = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    const auto found = running_.find(pid);
    if (found == running_.end()) continue;
    auto& child = found->second;
    if (child.output) hear(pid);
    Ending ending{.good = WIFEXITED(status) && WEXITSTATUS(status) == 0, .why = {}};
    if (child.timed_out) {
      ending.good = false;
      ending.why = "no end within " +
                   duration_text(std::chrono::duration_cast<std::chrono::milliseconds>(child.timeout));
    } else if (!ending.good) {
      ending.why = words_of(status, child.heard);
    }
    auto on_end = std::move(child.on_end);
    running_.erase(found);
    on_end(ending);
  }
}

void Children::end_later(OnEnd on_end, Ending ending) {
  ended_.emplace_back(std::move(on_end), std::move(ending));
  soon_.set(loop_.now());
}

}  // namespace vip::vrrp

#include "vrrp/sys/errand_runner.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <deque>
#include <map>
#include <utility>

#include <sys/prctl.h>
#include <sys/socket.h>

#include "common/base/text.h"
#include "common/sys/event_loop.h"
#include "common/sys/log.h"
#include "vrrp/sys/children.h"
#include "vrrp/sys/prober.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;

// A router that changes its state faster than its script ends: the newest states count.
constexpr std::size_t kWaitingMax = 16;
// keepalived gives the script of a stop as long.
constexpr Duration kFarewell = 1s;

class ErrandRunner {
 public:
  ErrandRunner(sys::EventLoop& loop, const ErrandSettings& settings, sys::UniqueFd socket)
      : loop_(loop),
        settings_(settings),
        socket_(std::move(socket)),
        children_(loop),
        prober_(loop),
        end_(loop.timer([this] { loop_.stop(); })),
        watch_(loop.on_readable(socket_.get(), [this] { on_message(); })) {
    for (std::size_t i = 0; i < settings_.checks.size(); ++i) {
      asked_.push_back({.next = loop_.timer([this, i] { ask(i); }),
                        .limit = loop_.timer([this, i] { on_answer(i, asked_[i].question, too_late(i)); })});
    }
    for (auto& check : asked_) check.next.set(loop_.now());
  }

  void run() {
    loop_.run();
    children_.kill_all();
  }

 private:
  struct Asked {
    sys::DeadlineTimer next;
    sys::DeadlineTimer limit;
    std::uint64_t question = 0;
    bool waits = false;
    TimePoint began;
  };
  struct Script {
    std::string text;
    ErrandNotice notice;
  };

  [[nodiscard]] std::string too_late(std::size_t i) const {
    return "no answer within " + duration_text(settings_.checks[i].timeout);
  }

  void ask(std::size_t i) {
    const auto& check = settings_.checks[i];
    auto& asked = asked_[i];
    asked.began = loop_.now();
    asked.waits = true;
    const auto question = ++asked.question;
    asked.limit.set(asked.began + check.timeout);
    auto answer = [this, i, question](const std::string& why) { on_answer(i, question, why); };
    const auto on_end = [answer](const Ending& ending) { answer(ending.good ? "" : ending.why); };
    switch (check.kind) {
      case CheckKind::interface:
        return prober_.ask_interface(check, answer);
      case CheckKind::listening:
        return prober_.ask_listening(check, answer);
      case CheckKind::tcp:
        return prober_.ask_tcp(check, answer);
      case CheckKind::http:
        return check.url.empty() ? prober_.ask_http(check, answer)
                                 : children_.run(probe(check), check.timeout, on_end);
      case CheckKind::script: {
        auto command = shell_command(check.script, {});
        command.is_heard = true;
        return children_.run(command, check.timeout, on_end);
      }
    }
  }

  [[nodiscard]] Command probe(const CheckSettings& check) const {
    Command command;
    command.words = {
        settings_.probe, "probe",
        "--timeout",     duration_text(check.timeout),
        "--status",      std::to_string(check.statuses.low) + "-" + std::to_string(check.statuses.high)};
    if (!check.host.empty()) command.words.insert(command.words.end(), {"--host", check.host});
    command.words.push_back(check.url);
    command.is_heard = true;
    return command;
  }

  // The first answer to a question counts; what comes after its time is up is too late.
  void on_answer(std::size_t i, std::uint64_t question, const std::string& why) {
    auto& asked = asked_[i];
    if (!asked.waits || question != asked.question) return;
    asked.waits = false;
    asked.limit.stop();
    ErrandResult result{.check = static_cast<std::uint32_t>(i)};
    why.copy(result.why.data(), result.why.size() - 1);
    (void)::send(socket_.get(), &result, sizeof(result), MSG_NOSIGNAL);  // the next one comes
    if (leaving_) return;
    asked.next.set(std::max(loop_.now(), asked.began + settings_.checks[i].interval));
  }

  void on_message() {
    ErrandNotice notice;
    const auto got = ::recv(socket_.get(), &notice, sizeof(notice), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got != sizeof(notice)) return leave(settings_.notify.timeout);
    if (notice.state == kLastNotice) return leave(kFarewell);
    auto& queue = scripts_[notice.vrid];
    for (auto& text : scripts_for(settings_.notify, static_cast<State>(notice.state)))
      queue.waiting.push_back({.text = std::move(text), .notice = notice});
    while (queue.waiting.size() > kWaitingMax) {
      log::warning("script_left_out", {{"script", queue.waiting.front().text},
                                       {"why", "too many wait for one that does not end"}});
      queue.waiting.pop_front();
    }
    run_next(notice.vrid);
  }

  void run_next(std::uint8_t vrid) {
    auto& queue = scripts_[vrid];
    if (queue.runs || queue.waiting.empty()) return leave_when_done();
    const auto script = std::move(queue.waiting.front());
    queue.waiting.pop_front();
    queue.runs = true;
    const auto& notice = script.notice;
    const std::string state(script_name(static_cast<State>(notice.state)));
    const auto priority = std::to_string(notice.priority);
    auto command = shell_command(script.text, {"INSTANCE", settings_.name, state, priority});
    command.environment = {"SWARM_VIP_SCRIPT_GROUP=" + settings_.name, "SWARM_VIP_SCRIPT_STATE=" + state,
                           "SWARM_VIP_SCRIPT_PRIORITY=" + priority,
                           "SWARM_VIP_SCRIPT_VRID=" + std::to_string(notice.vrid),
                           "SWARM_VIP_SCRIPT_ADDRESSES=" + std::string(notice.addresses.data())};
    children_.run(command, settings_.notify.timeout, [this, vrid, script, state](const Ending& ending) {
      scripts_[vrid].runs = false;
      if (!ending.good)
        log::warning("script_failed", {{"script", script.text}, {"state", state}, {"why", ending.why}});
      run_next(vrid);
    });
  }

  // What is asked for is still done.
  void leave(Duration patience) {
    leaving_ = true;
    watch_.stop();
    for (auto& check : asked_) check.next.stop();
    end_.set(loop_.now() + patience);
    leave_when_done();
  }

  void leave_when_done() {
    if (!leaving_) return;
    const bool busy = std::ranges::any_of(
        scripts_, [](const auto& entry) { return entry.second.runs || !entry.second.waiting.empty(); });
    if (!busy) end_.set(loop_.now());
  }

  struct Queue {
    bool runs = false;
    std::deque<Script> waiting;
  };

  sys::EventLoop& loop_;
  const ErrandSettings& settings_;
  sys::UniqueFd socket_;
  Children children_;
  Prober prober_;
  std::vector<Asked> asked_;
  std::map<std::uint8_t, Queue> scripts_;  // by VRID: one after the other for each
  bool leaving_ = false;
  sys::DeadlineTimer end_;
  sys::Watch watch_;
};

}  // namespace

int run_errands(const ErrandSettings& settings, sys::UniqueFd socket) {
  (void)::prctl(PR_SET_NAME, "errands");
  log::forget_pending();
  // Whom scripts leave behind is ours to reap, and no zombie.
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
  // It ends when the router does; a terminal's Ctrl-C is for that one.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) (void)std::signal(signal, SIG_IGN);
  auto loop = sys::EventLoop::create();
  if (!loop) return 1;
  ErrandRunner(*loop, settings, std::move(socket)).run();
  return 0;
}

}  // namespace vip::vrrp

#include "operator/operator_loop.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include <malloc.h>
#include <poll.h>
#include <sys/signalfd.h>

#include "common/base/exit_status.h"
#include "common/base/text.h"
#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "common/sys/unique_fd.h"
#include "operator/core/follower.h"
#include "operator/core/look_schedule.h"
#include "operator/docker/events.h"
#include "operator/docker/identity.h"
#include "operator/herald.h"
#include "operator/reconciler.h"
#include "operator/start.h"

namespace vip::swarm {
namespace {

// The program's signals as descriptors: one that says "stop" and interrupts requests, one for all of them.
class Signals {
 public:
  static Result<Signals> create() {
    Signals signals;
    const sigset_t all = set_of({SIGTERM, SIGINT, SIGHUP, SIGUSR1});
    const sigset_t stop = set_of({SIGTERM, SIGINT});
    if (::sigprocmask(SIG_BLOCK, &all, nullptr) != 0) return sys::errno_failure("sigprocmask");
    signals.all_.reset(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals.all_.valid()) return sys::errno_failure("signalfd");
    signals.stop_.reset(::signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals.stop_.valid()) return sys::errno_failure("signalfd");
    return signals;
  }

  [[nodiscard]] int all_fd() const { return all_.get(); }
  [[nodiscard]] int stop_fd() const { return stop_.get(); }
  // The next signal that has come, if any.
  [[nodiscard]] std::optional<int> take() {
    signalfd_siginfo info{};
    if (::read(all_.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
    return static_cast<int>(info.ssi_signo);
  }

 private:
  static sigset_t set_of(std::initializer_list<int> numbers) {
    sigset_t set;
    (void)sigemptyset(&set);  // cannot fail with a valid pointer
    for (const int number : numbers) (void)sigaddset(&set, number);
    return set;
  }

  sys::UniqueFd all_;
  sys::UniqueFd stop_;
};

// What keeps us from running at all is for whoever started us.
void complain(const std::string& words) {
  (void)std::fprintf(stderr, "swarm-vip: %s\n", words.c_str());
}

std::string group_names(const OperatorSettings& settings) {
  std::vector<std::string> names(settings.groups.size());
  std::ranges::transform(settings.groups, names.begin(),
                         [](const auto& group) { return group.settings.name; });
  return join(names, ",");
}

// Says a failure once, however often it repeats, and its end.
class FailureLog {
 public:
  void failed(const Error& error) {
    if (error.context == last_) return;
    last_ = error.context;
    log::warning("failure", {{"what", error.context}});
  }
  void recovered() {
    if (last_.empty()) return;
    last_.clear();
    log::info("recovered", {});
  }

 private:
  std::string last_;
};

class OperatorLoop {
 public:
  OperatorLoop(const settings::Environment& env, OperatorSettings settings, Signals& signals)
      : env_(env), settings_(std::move(settings)), signals_(signals) {}

  int run() {
    auto api = connect();
    if (!api) return exit_status_;
    auto identity = identify(*api);
    if (!identity) return exit_status_;
    identity_ = *std::move(identity);
    for (const auto& words : api->forbidden()) log::warning("forbidden", {{"what", words}});
    if (const auto image = check_image(settings_, identity_); !image) return refuse(image.error());
    log::info("start", {{"version", VIP_VERSION},
                        {"groups", group_names(settings_)},
                        {"service", identity_.service_name},
                        {"image", settings_.image.empty() ? identity_.image : settings_.image}});
    Reconciler reconciler(*api, identity_, settings_);
    if (const auto looked = look_until_stopped(*api, reconciler); !looked) {
      complain(looked.error().context);
      return kFailed;
    }
    log::info("stop", {});
    return kFine;
  }

 private:
  static int refuse(const Error& error) {
    complain(error.context);
    return kWrongSettings;
  }

  // Repeats `attempt` until it succeeds; nothing when it never will or we are told to stop.
  template <typename Attempt>
  auto patiently(Attempt attempt) -> std::optional<typename decltype(attempt())::value_type> {
    Backoff backoff(std::chrono::milliseconds(500), std::chrono::seconds(15));
    for (;;) {
      auto result = attempt();
      if (result) {
        failures_.recovered();
        return *std::move(result);
      }
      if (!may_pass(result.error())) {
        exit_status_ = refuse(result.error());
        return std::nullopt;
      }
      failures_.failed(result.error());
      if (stopped_within(scattered(backoff.next()))) return std::nullopt;
    }
  }

  std::optional<SwarmApi> connect() {
    return patiently([this] { return connect_to_manager(env_, signals_.stop_fd()); });
  }
  std::optional<Identity> identify(SwarmApi& api) {
    return patiently([&api] { return find_identity(api); });
  }

  // Several operators that wait for the same shall not come back at the same time.
  Duration scattered(Duration pause) {
    return pause + std::chrono::duration_cast<Duration>(pause * chance());
  }
  double chance() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  bool stopped_within(Duration pause) {
    pollfd stop{.fd = signals_.stop_fd(), .events = POLLIN, .revents = 0};
    const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(pause);
    return ::poll(&stop, 1, static_cast<int>(timeout.count())) > 0;
  }

  // Errors: unavailable, where it cannot begin.
  Status look_until_stopped(SwarmApi& api, Reconciler& reconciler) {
    VIP_TRY(auto herald, Herald::create({.version = VIP_VERSION,
                                         .service = identity_.service_name,
                                         .node = sys::host_name(),
                                         .resync = settings_.resync,
                                         .began = sys::monotonic_now()}));
    EventStream events(api.client());
    LookSchedule schedule(sys::monotonic_now(), settings_.resync);
    const std::array others{signals_.all_fd(), herald.news_fd()};
    for (;;) {
      const auto now = sys::monotonic_now();
      const auto next = reconciler.follows() ? std::min(schedule.next(), tasks_at_) : schedule.next();
      const auto outcome = events.wait(others, now, next - now);
      if (outcome.hint) schedule.hint(sys::monotonic_now());
      if (const auto words = events.take_refusal()) log::warning("forbidden", {{"what", *words}});
      if (outcome.other && !obey_signals(reconciler, schedule)) return {};
      if (outcome.other && herald.take_news()) schedule.hint(sys::monotonic_now());
      if (schedule.is_due(sys::monotonic_now())) {
        look(reconciler, herald, schedule);
        // The engine's answers as trees are many times what is kept of them; until the next look nobody needs
        // it.
        (void)::malloc_trim(0);
      } else if (reconciler.follows() && sys::monotonic_now() >= tasks_at_) {
        look_at_tasks(reconciler, schedule);
      }
    }
  }

  // An engine that does not answer is what the next whole look says.
  void look_at_tasks(Reconciler& reconciler, LookSchedule& schedule) {
    const auto is_due = reconciler.look_at_tasks(sys::monotonic_now());
    const auto now = sys::monotonic_now();
    if (is_due) task_pauses_.reset();
    tasks_at_ = now + task_pauses_.next();
    if (is_due.value_or(false)) schedule.hint(now);
  }

  // False when told to stop.
  bool obey_signals(const Reconciler& reconciler, LookSchedule& schedule) {
    while (const auto signal = signals_.take()) {
      if (*signal == SIGTERM || *signal == SIGINT) return false;
      if (*signal == SIGHUP) {
        reload_asked_ = true;
        schedule.demand(sys::monotonic_now());
      }
      if (*signal == SIGUSR1) reconciler.log_state();
    }
    return true;
  }

  // The variables of a process do not change, the files that they name do. What is wrong changes nothing.
  void reload(Reconciler& reconciler, LookSchedule& schedule) {
    settings::Findings findings;
    auto settings = read_settings(env_, findings);
    if (const auto image = check_image(settings, identity_); findings.ok() && !image)
      findings.error(image.error().context);
    const bool asked = std::exchange(reload_asked_, false);
    const bool said = std::exchange(wrong_, findings.errors()) == findings.errors() && !asked;
    for (const auto& error : findings.errors()) {
      if (!said)
        log::error("setting", {{"error", error}, {"what", "going on with the settings from before"}});
    }
    if (!findings.ok()) return;
    if (settings == settings_) {
      if (asked) log::info("reload", {{"what", "nothing has changed"}});
      return;
    }
    for (const auto& warning : findings.warnings()) log::warning("setting", {{"warning", warning}});
    settings_ = std::move(settings);
    log::setup(settings_.log_level, settings_.log_format);
    log::info("reload", {{"what", "the settings have changed"}, {"groups", group_names(settings_)}});
    schedule.set_resync(settings_.resync);
    reconciler.set(settings_);
  }

  Result<Reconciler::Outcome> look_once(Reconciler& reconciler, Herald& herald) {
    VIP_CHECK(herald.set(settings_));
    VIP_TRY(const auto picture, reconciler.observe(sys::monotonic_now(), WallTime(sys::wall_clock())));
    herald.show(picture);
    return reconciler.reconcile(picture, herald.holders(), sys::monotonic_now());
  }

  void look(Reconciler& reconciler, Herald& herald, LookSchedule& schedule) {
    reload(reconciler, schedule);
    const auto outcome = look_once(reconciler, herald);
    const auto now = sys::monotonic_now();
    if (!outcome) {
      if (stopped_within(Duration::zero())) return;  // the loop will see it, too
      failures_.failed(outcome.error());
      herald.looked(outcome.error().context, reconciler.changes());
      schedule.failed(now, chance());
      return;
    }
    failures_.recovered();
    herald.looked({}, reconciler.changes());
    schedule.succeeded(now);
    task_pauses_.reset();
    tasks_at_ = now + task_pauses_.next();
    if (*outcome == Reconciler::Outcome::look_again) schedule.hint(now);
    if (*outcome == Reconciler::Outcome::watch) schedule.watch(now);
  }

  const settings::Environment& env_;
  OperatorSettings settings_;
  Signals& signals_;
  Identity identity_;
  FailureLog failures_;
  TimePoint tasks_at_;  // when the tasks of followed services are looked at next
  Backoff task_pauses_{kTaskPoll, std::chrono::seconds(15)};
  bool reload_asked_ = false;
  std::vector<std::string> wrong_;  // what the log says already of settings that could not be taken
  int exit_status_ = kFine;
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

int run_operator(const settings::Environment& env) {
  settings::Findings findings;
  auto settings = read_settings(env, findings);
  log::setup(settings.log_level, settings.log_format);
  for (const auto& warning : findings.warnings()) log::warning("setting", {{"warning", warning}});
  for (const auto& error : findings.errors()) complain(error);
  if (!findings.ok()) return kWrongSettings;
  auto signals = Signals::create();
  if (!signals) {
    complain(signals.error().context);
    return kFailed;
  }
  return OperatorLoop(env, std::move(settings), *signals).run();
}

}  // namespace vip::swarm

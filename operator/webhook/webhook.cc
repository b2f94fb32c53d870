#include "operator/webhook/webhook.h"

#include <chrono>
#include <optional>
#include <random>
#include <utility>

#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "operator/webhook/event_json.h"
#include "operator/webhook/post.h"

namespace vip::swarm {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTryMax{5'000};
constexpr milliseconds kFarewellMax{1'000};
constexpr Duration kSilence = std::chrono::minutes(10);

double chance() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

Verdict verdict_of(const Result<long>& answer) {
  return answer ? verdict_on(*answer) : Verdict::later;
}

// Empty when there is none.
std::string failure_of(const Result<long>& answer) {
  if (!answer) return answer.error().context;
  if (verdict_on(*answer) == Verdict::delivered) return {};
  auto words = "HTTP " + std::to_string(*answer);
  if (*answer >= 300 && *answer < 400) return words + "; redirections are not followed: give the new URL";
  return verdict_on(*answer) == Verdict::refused ? words + "; an event that is refused is not sent again"
                                                 : words;
}

}  // namespace

Result<std::unique_ptr<Webhook>> Webhook::start(WebhookTarget target) {
  VIP_TRY(auto wake, sys::Wake::create());
  VIP_TRY(auto stop, sys::Wake::create());
  return std::unique_ptr<Webhook>(new Webhook(std::move(target), std::move(wake), std::move(stop)));
}

Webhook::Webhook(WebhookTarget target, sys::Wake wake, sys::Wake stop)
    : target_(std::move(target)),
      wake_(std::move(wake)),
      stop_(std::move(stop)),
      thread_([this] { run(); }) {}

Webhook::~Webhook() {
  stop_.call();
  wake_.call();
  thread_.join();
}

void Webhook::tell(std::vector<Event> events) {
  if (events.empty()) return;
  {
    const std::scoped_lock lock(mutex_);
    outbox_.add(std::move(events));
  }
  wake_.call();
}

void Webhook::set(WebhookTarget target) {
  {
    const std::scoped_lock lock(mutex_);
    if (target == target_) return;
    target_ = std::move(target);
    outbox_.hurry();
  }
  wake_.call();
}

Webhook::Tally Webhook::tally() const {
  const std::scoped_lock lock(mutex_);
  return {.waiting = outbox_.size(), .lost = lost_before_ + outbox_.lost()};
}

void Webhook::run() {
  while (!stop_.is_called()) {
    std::optional<TimePoint> due;
    {
      const std::scoped_lock lock(mutex_);
      due = outbox_.due();
    }
    const auto now = sys::monotonic_now();
    if (due && *due <= now) {
      deliver_next();
      continue;
    }
    wake_.wait(due ? *due - now : Duration::max());
    (void)wake_.take();  // whatever it was about, the queue tells
  }
  deliver_rest();
}

void Webhook::deliver_next() {
  Outbox::Letter letter;
  WebhookTarget target;
  {
    const std::scoped_lock lock(mutex_);
    letter = outbox_.begin();
    target = target_;
  }
  const auto answer = post_json(target, event_json(letter), kTryMax, stop_.fd());
  std::size_t waiting = 0;
  {
    const std::scoped_lock lock(mutex_);
    outbox_.finish(verdict_of(answer), sys::monotonic_now(), chance());
    waiting = outbox_.size();
    const auto lost = outbox_.take_lost();
    lost_ += lost;
    lost_before_ += lost;
  }
  if (!stop_.is_called()) log_outcome(target.host, failure_of(answer), waiting);
}

// Nobody tells anything any more, so the lock keeps nobody waiting.
void Webhook::deliver_rest() {
  const std::scoped_lock lock(mutex_);
  const auto end = std::chrono::steady_clock::now() + kFarewellMax;  // as libcurl measures
  while (!outbox_.empty()) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now());
    if (left <= milliseconds::zero()) break;
    const auto answer = post_json(target_, event_json(outbox_.begin()), left, -1);
    outbox_.finish(verdict_of(answer), sys::monotonic_now(), 0);
    if (verdict_of(answer) == Verdict::later) break;
  }
  lost_ += outbox_.take_lost() + outbox_.size();
  if (lost_ == 0) return;
  log::warning("webhook_failed", {{"host", target_.host},
                                  {"what", "the operator ends before the receiver took them"},
                                  {"lost", std::to_string(lost_)}});
}

// A failure is said when it begins, becomes another one, or has gone on for a while.
void Webhook::log_outcome(const std::string& host, const std::string& failure, std::size_t waiting) {
  const auto now = sys::monotonic_now();
  const bool is_over = failure.empty();
  if (is_over ? failure_.empty() : failure == failure_ && now - failure_said_at_ < kSilence) return;
  failure_ = failure;
  failure_said_at_ = now;
  const auto lost = std::to_string(std::exchange(lost_, 0));
  if (is_over) {
    log::info("webhook_recovered", {{"host", host}, {"lost", lost}});
  } else {
    log::warning("webhook_failed",
                 {{"host", host}, {"what", failure}, {"waiting", std::to_string(waiting)}, {"lost", lost}});
  }
}

}  // namespace vip::swarm

#include "operator/page/board.h"

#include <chrono>
#include <utility>

#include "operator/view/state_document.h"

namespace vip::swarm {
namespace {

// A page in a background tab asks every few seconds.
constexpr Duration kWatchedFor = std::chrono::seconds(10);

bool is_recent(const std::optional<TimePoint>& moment, TimePoint now) {
  return moment && now - *moment < kWatchedFor;
}

}  // namespace

Result<std::unique_ptr<Board>> Board::create(OperatorFacts facts) {
  VIP_TRY(auto watched, sys::Wake::create());
  return std::unique_ptr<Board>(new Board(std::move(facts), std::move(watched)));
}

Board::Board(OperatorFacts facts, sys::Wake watched)
    : facts_(std::move(facts)), watched_(std::move(watched)) {
  view_ = std::make_shared<const View>(
      View{.seen_at = facts_.began, .at = {}, .groups = {}, .state = state_text({}, {}), .webhook = {}});
}

std::shared_ptr<const View> Board::view() const {
  const std::scoped_lock lock(mutex_);
  return view_;
}

void Board::publish(View view) {
  auto made = std::make_shared<const View>(std::move(view));
  const std::scoped_lock lock(mutex_);
  view_.swap(made);
}

OperatorFacts Board::facts() const {
  const std::scoped_lock lock(mutex_);
  return facts_;
}

void Board::set_resync(Duration resync) {
  const std::scoped_lock lock(mutex_);
  facts_.resync = resync;
}

void Board::observed(TimePoint now, WallTime at) {
  const std::scoped_lock lock(mutex_);
  facts_.looked = now;
  facts_.looked_at = at;
}

void Board::looked(std::string failure, std::uint64_t changes) {
  const std::scoped_lock lock(mutex_);
  ++facts_.looks;
  if (!failure.empty()) ++facts_.look_failures;
  facts_.failure = std::move(failure);
  facts_.changes = changes;
}

void Board::look_on(TimePoint now) {
  {
    const std::scoped_lock lock(mutex_);
    const bool is_known = is_recent(std::exchange(looked_on_, now), now);
    if (is_known) return;
  }
  watched_.call();
}

bool Board::is_watched(TimePoint now) const {
  const std::scoped_lock lock(mutex_);
  return is_recent(looked_on_, now);
}

}  // namespace vip::swarm

// Where those parts of the operator that know something leave it, and those that show it find it, each on a
// thread of its own. Nobody waits for anybody here.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/error.h"
#include "common/base/time.h"
#include "common/sys/wake.h"
#include "operator/view/operator_facts.h"
#include "operator/view/view.h"

namespace vip::swarm {

class Board {
 public:
  // `facts`: with what does not change. Errors: unavailable.
  static Result<std::unique_ptr<Board>> create(OperatorFacts facts);

  // Never null: an empty one at first, of the operator's start.
  [[nodiscard]] std::shared_ptr<const View> view() const;
  void publish(View view);

  [[nodiscard]] OperatorFacts facts() const;
  void set_resync(Duration resync);
  // A look at the Swarm saw everything.
  void observed(TimePoint now, WallTime at);
  // A look is over, with what was to be done. `failure`: why it failed; empty: it did not. `changes`: all
  // that were made so far.
  void looked(std::string failure, std::uint64_t changes);

  // Somebody looks on, and shall not see old facts: wakes who waits for it.
  void look_on(TimePoint now);
  // Whether somebody does, or did a moment ago.
  [[nodiscard]] bool is_watched(TimePoint now) const;
  [[nodiscard]] const sys::Wake& watched() const { return watched_; }

 private:
  Board(OperatorFacts facts, sys::Wake watched);

  mutable std::mutex mutex_;  // of these three
  OperatorFacts facts_;
  std::shared_ptr<const View> view_;
  std::optional<TimePoint> looked_on_;

  sys::Wake watched_;
};

}  // namespace vip::swarm

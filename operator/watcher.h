// Asks the agents again and again who has which address, from a thread of its own, so that neither slow
// agents nor a slow Docker API keep each other waiting. Data travels one way: what to ask comes in with each
// look at the Swarm, what has changed goes out to the webhook, the whole picture to the board, and who holds
// what to whoever asks. While somebody looks at the page it asks more often, and waits less for each.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/base/error.h"
#include "common/sys/wake.h"
#include "operator/core/holder_labels.h"
#include "operator/core/problems.h"
#include "operator/page/board.h"
#include "operator/view/rollout.h"
#include "operator/view/spectator.h"
#include "operator/watch/chronicle.h"
#include "operator/watch/event.h"

namespace vip::swarm {

// What the last look at the Swarm tells of the groups that are to be watched.
struct WatchOrder {
  struct Group {
    std::string name;
    std::string service_id;  // of its agents; empty: none are deployed
    std::vector<Problem> problems;
    Rollout rollout;
  };
  Observed observed;
  std::vector<Group> groups;
};

class Watcher {
 public:
  // Both are called on the watcher's thread and must not wait.
  struct Ears {
    std::function<void(std::vector<Event> events)> tell;  // what has changed
    std::function<std::optional<WebhookTally>()> tally;   // what became of it
  };

  // `news` is woken when holders() is another one; it and the board must outlive the watcher. The signals of
  // the program must be blocked by now. Errors: unavailable.
  static Result<std::unique_ptr<Watcher>> start(Ears ears, const sys::Wake& news, Board& board);
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  Watcher(Watcher&&) = delete;
  Watcher& operator=(Watcher&&) = delete;
  // At once.
  ~Watcher();

  // Nobody is asked before the first one.
  void set(WatchOrder order);
  [[nodiscard]] KnownHolders holders() const;

 private:
  Watcher(Ears ears, const sys::Wake& news, Board& board, sys::Wake stop);
  void run();
  void wait_until(TimePoint due) const;
  [[nodiscard]] std::shared_ptr<const WatchOrder> order() const;
  [[nodiscard]] Round look(const WatchOrder& order) const;
  // What has changed, told to everybody who wants to know.
  [[nodiscard]] std::vector<Event> tell_changes(const Round& round, TimePoint begin);

  mutable std::mutex mutex_;  // of these two
  std::shared_ptr<const WatchOrder> order_;
  KnownHolders holders_;

  Ears ears_;
  const sys::Wake& news_;
  Board& board_;
  sys::Wake stop_;
  // The thread's own.
  Chronicle chronicle_;
  std::optional<TimePoint> chronicled_;  // when the round began of which it has its last sighting
  std::thread thread_;
};

}  // namespace vip::swarm

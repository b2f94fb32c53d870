// Asks the agents again and again who has which address, from a thread of its own, so that neither slow
// agents nor a slow Docker API keep each other waiting. Data travels one way: what to ask comes in with each
// look at the Swarm, what has changed goes out to the webhook, and who holds what to whoever asks.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/error.h"
#include "common/sys/wake.h"
#include "operator/core/holder_labels.h"
#include "operator/core/problems.h"
#include "operator/watch/event.h"
#include "operator/watch/sighting.h"

namespace vip::swarm {

// What the last look at the Swarm tells of the groups that are to be watched.
struct WatchOrder {
  struct Group {
    std::string name;
    std::string service_id;  // of its agents; empty: none are deployed
    std::vector<Problem> problems;
  };
  Observed observed;
  std::vector<Group> groups;
};

class Watcher {
 public:
  using Tell = std::function<void(std::vector<Event> events)>;

  // `tell` is called on the watcher's thread with what has changed, and must not wait. `news` is woken when
  // holders() is another one, and must outlive the watcher. The signals of the program must be blocked by
  // now. Errors: unavailable.
  static Result<std::unique_ptr<Watcher>> start(Tell tell, const sys::Wake& news);
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
  Watcher(Tell tell, const sys::Wake& news, sys::Wake stop);
  void run();
  [[nodiscard]] std::shared_ptr<const WatchOrder> order() const;
  [[nodiscard]] Sighting look(const WatchOrder& order) const;

  mutable std::mutex mutex_;  // of these two
  std::shared_ptr<const WatchOrder> order_;
  KnownHolders holders_;

  Tell tell_;
  const sys::Wake& news_;
  sys::Wake stop_;
  std::thread thread_;
};

}  // namespace vip::swarm

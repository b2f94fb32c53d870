// Tells one receiver of events, from a thread of its own: whoever has something to tell never waits, however
// slow, dead or hostile the receiver is.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/base/error.h"
#include "common/sys/wake.h"
#include "operator/watch/event.h"
#include "operator/webhook/outbox.h"
#include "operator/webhook/target.h"

namespace vip::swarm {

class Webhook {
 public:
  // The signals of the program must be blocked by now. Errors: unavailable.
  static Result<std::unique_ptr<Webhook>> start(WebhookTarget target);
  Webhook(const Webhook&) = delete;
  Webhook& operator=(const Webhook&) = delete;
  Webhook(Webhook&&) = delete;
  Webhook& operator=(Webhook&&) = delete;
  // Tries what is left once more, for a second at most.
  ~Webhook();

  // These are for any thread. What waits goes to the new target.
  void tell(std::vector<Event> events);
  void set(WebhookTarget target);
  struct Tally {
    std::uint64_t waiting = 0;
    std::uint64_t lost = 0;
  };
  [[nodiscard]] Tally tally() const;

 private:
  Webhook(WebhookTarget target, sys::Wake wake, sys::Wake stop);
  void run();
  void deliver_next();
  void deliver_rest();
  void log_outcome(const std::string& host, const std::string& failure, std::size_t waiting);

  mutable std::mutex mutex_;  // of these three
  Outbox outbox_;
  WebhookTarget target_;
  std::uint64_t lost_before_ = 0;  // what the outbox counted and does not know any more

  sys::Wake wake_;
  sys::Wake stop_;
  // The thread's own: what the log says already, since when, and what it does not say yet.
  std::string failure_;
  TimePoint failure_said_at_;
  std::uint64_t lost_ = 0;
  std::thread thread_;
};

}  // namespace vip::swarm

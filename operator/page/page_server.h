// The page, /api/state, /status, /metrics and /healthz over HTTP, read-only, from a thread of its own: nobody
// who asks, however slow or many, keeps the operator from its work, and a taken port does not either.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/base/error.h"
#include "common/http/server.h"
#include "common/sys/event_loop.h"
#include "common/sys/wake.h"
#include "operator/page/board.h"
#include "operator/page/place.h"

namespace vip::swarm {

class PageServer {
 public:
  // `board` must outlive it. The signals of the program must be blocked by now. Errors: unavailable,
  // exhausted.
  static Result<std::unique_ptr<PageServer>> start(PagePlace place, Board& board);
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;
  PageServer(PageServer&&) = delete;
  PageServer& operator=(PageServer&&) = delete;
  // At once.
  ~PageServer();

  // From any thread.
  void set(PagePlace place);

 private:
  PageServer(PagePlace place, Board& board, sys::EventLoop loop, sys::Wake wake, sys::Wake stop);
  [[nodiscard]] Status open();
  [[nodiscard]] PagePlace place() const;
  void run();
  void follow_settings();
  void listen();
  [[nodiscard]] Status try_to_listen(const PagePlace& place);
  void log_outcome(const PagePlace& place, const Status& listening);

  [[nodiscard]] http::Page guarded(std::string path,
                                   std::function<http::Response(const http::Request&)> answer);
  [[nodiscard]] http::Response state(const http::Request& request);
  [[nodiscard]] http::Response metrics() const;
  [[nodiscard]] http::Response status() const;
  [[nodiscard]] http::Response health() const;

  mutable std::mutex mutex_;  // of this one
  PagePlace place_;

  Board& board_;
  sys::Wake wake_;
  sys::Wake stop_;
  // The thread's own.
  sys::EventLoop loop_;
  std::optional<http::Server> server_;
  sys::Watch on_wake_;
  sys::Watch on_stop_;
  sys::DeadlineTimer again_;
  PagePlace listening_;  // the last place that it listened at, or tried to
  std::string failure_;  // what the log says already
  std::thread thread_;
};

}  // namespace vip::swarm

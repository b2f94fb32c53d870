// The engine's event stream, as nothing but a hint that something changed: what it was is found by looking.
// A stream that ends is opened again, with growing pauses.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "common/base/backoff.h"
#include "common/base/time.h"
#include "operator/docker/client.h"

namespace vip::swarm {

class EventStream {
 public:
  // Nothing is sent before the first wait(). The client must outlive the stream.
  explicit EventStream(const Client& client);
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;
  EventStream(EventStream&&) = delete;
  EventStream& operator=(EventStream&&) = delete;
  ~EventStream() { close(); }

  struct Outcome {
    bool hint = false;   // something changed, or may have while the stream was down
    bool other = false;  // a descriptor of the caller's own is readable
  };
  // Waits until a hint comes, one of `others` is readable, or the time is over.
  [[nodiscard]] Outcome wait(std::span<const int> others, TimePoint now, Duration time_max);
  // Why the engine's guard does not let us listen, once; then only the regular looks find what changed.
  [[nodiscard]] std::optional<std::string> take_refusal();

 private:
  static std::size_t on_bytes(const char* bytes, std::size_t size, std::size_t count, void* self) noexcept;
  void open();
  void close();
  void note_refusal();
  // Moves the transfer on; true when it has ended.
  bool advance();

  const Client& client_;
  CurlMulti multi_;
  CurlEasy easy_;
  bool heard_ = false;
  bool is_forbidden_ = false;
  std::optional<std::string> refusal_;
  TimePoint open_at_;  // not before
  Backoff backoff_{std::chrono::seconds(1), std::chrono::seconds(15)};
};

}  // namespace vip::swarm

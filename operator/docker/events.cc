#include "operator/docker/events.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/assert.h"
#include "operator/docker/json.h"

namespace vip::swarm {

EventStream::EventStream(const Client& client) : client_(client), multi_(curl_multi_init()) {
  VIP_ASSERT(multi_ != nullptr);
}

std::size_t EventStream::on_bytes(const char* /*bytes*/, std::size_t size, std::size_t count,
                                  void* self) noexcept {
  static_cast<EventStream*>(self)->heard_ = true;
  return size * count;
}

void EventStream::open() {
  easy_ = client_.prepare("/events",
                          {{"filters", filters_json({{"type", {"node", "service", "config", "secret"}}})}});
  // These options are as old as libcurl itself; the probes find a TCP peer that vanished without a word.
  (void)curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, &EventStream::on_bytes);
  (void)curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, this);
  (void)curl_easy_setopt(easy_.get(), CURLOPT_TCP_KEEPALIVE, 1L);
  (void)curl_easy_setopt(easy_.get(), CURLOPT_FAILONERROR, 1L);
  (void)curl_multi_add_handle(multi_.get(), easy_.get());
}

void EventStream::close() {
  if (easy_ == nullptr) return;
  (void)curl_multi_remove_handle(multi_.get(), easy_.get());
  easy_.reset();
}

void EventStream::note_refusal() {
  long status = 0;
  (void)curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);  // stays 0 where nobody answered
  const bool was_forbidden = std::exchange(is_forbidden_, status == 403 || status == 404);
  if (is_forbidden_ && !was_forbidden) {
    refusal_ = "GET /events: HTTP " + std::to_string(status) +
               "; the proxy or plugin before the Docker API must allow it, or else changes are found by the "
               "regular looks only (SWARM_VIP_RESYNC)";
  }
}

std::optional<std::string> EventStream::take_refusal() {
  return std::exchange(refusal_, std::nullopt);
}

bool EventStream::advance() {
  int running = 0;
  (void)curl_multi_perform(multi_.get(), &running);  // a failed transfer is no longer running
  return running == 0;
}

EventStream::Outcome EventStream::wait(std::span<const int> others, TimePoint now, Duration time_max) {
  using std::chrono::milliseconds;
  Outcome outcome;
  if (easy_ == nullptr && now >= open_at_) {
    open();
    outcome.hint = !is_forbidden_;  // whatever happened while nobody listened
  }
  if (easy_ == nullptr) time_max = std::min(time_max, open_at_ - now);
  heard_ = false;
  const bool ended_early = easy_ != nullptr && advance();
  if (heard_ || ended_early || outcome.hint) time_max = Duration::zero();
  std::vector<curl_waitfd> waited(others.size());
  std::ranges::transform(others, waited.begin(), [](int fd) {
    return curl_waitfd{.fd = fd, .events = CURL_WAIT_POLLIN, .revents = 0};
  });
  // Rounded up: a wake-up before the deadline would only spin.
  const auto timeout = std::chrono::ceil<milliseconds>(std::max(time_max, Duration::zero()));
  (void)curl_multi_poll(multi_.get(), waited.data(), static_cast<unsigned>(waited.size()),
                        static_cast<int>(timeout.count()), nullptr);  // a hint only
  outcome.other = std::ranges::any_of(waited, [](const curl_waitfd& one) { return one.revents != 0; });
  if (easy_ != nullptr && (advance() || ended_early)) {
    note_refusal();
    close();
    open_at_ = now + backoff_.next();
  }
  if (heard_) {
    outcome.hint = true;
    backoff_.reset();
  }
  return outcome;
}

}  // namespace vip::swarm

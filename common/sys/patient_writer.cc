#include "common/sys/patient_writer.h"

#include <algorithm>
#include <climits>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace vip::sys {
namespace {

// A descriptor that is ready takes so much without blocking (POSIX, for pipes).
constexpr std::size_t kChunk = PIPE_BUF;

bool is_ready(int fd) {
  pollfd query{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&query, 1, 0) == 1 && (query.revents & POLLOUT) != 0;
}

}  // namespace

void PatientWriter::write(std::string_view line) {
  if (pending_.size() + line.size() > pending_max_ && !flush()) {
    ++dropped_;
    return;
  }
  pending_ += line;
  (void)flush();  // what is kept goes with the next line
}

std::uint64_t PatientWriter::take_dropped() {
  return std::exchange(dropped_, 0);
}

bool PatientWriter::flush() {
  while (!pending_.empty() && is_ready(fd_)) {
    const auto written = ::write(fd_, pending_.data(), std::min(pending_.size(), kChunk));
    if (written <= 0) break;  // interrupted, or nobody reads any more: the next line tries again
    pending_.erase(0, static_cast<std::size_t>(written));
  }
  return pending_.empty();
}

}  // namespace vip::sys

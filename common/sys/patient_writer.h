// Writes to a descriptor that others may read slowly or not at all, without ever waiting for them: what does
// not fit is kept up to a limit, then dropped and counted. The descriptor's own flags are left alone, because
// they are shared with whoever opened it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vip::sys {

class PatientWriter {
 public:
  PatientWriter(int fd, std::size_t pending_max) : fd_(fd), pending_max_(pending_max) {}

  // Whole lines: one that does not fit is dropped whole.
  void write(std::string_view line);
  // Lines dropped since the last call.
  [[nodiscard]] std::uint64_t take_dropped();
  // True when nothing is kept back.
  bool flush();

 private:
  int fd_;
  std::size_t pending_max_;
  std::string pending_;
  std::uint64_t dropped_ = 0;
};

}  // namespace vip::sys

#include "common/sys/process.h"

#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <unistd.h>

#include "common/base/text.h"
#include "common/sys/posix.h"

namespace vip::sys {
namespace {

constexpr std::size_t kFileMax = 4096;

std::vector<std::string> words_of(const std::string& path) {
  const auto text = read_file(path, kFileMax);
  if (!text) return {};
  // A name in parentheses may have anything in it.
  const auto name_end = text->rfind(')');
  return split(std::string_view(*text).substr(name_end == std::string::npos ? 0 : name_end + 1), " \n");
}

// Once: the wall clock may be set later, and a process starts only once.
Duration start_time() {
  constexpr std::size_t kStartTicks = 19;  // proc(5), stat: field 22, and two are before the words
  const auto words = words_of("/proc/self/stat");
  const auto ticks =
      words.size() > kStartTicks ? parse_number<std::int64_t>(words[kStartTicks]) : std::nullopt;
  const auto per_second = ::sysconf(_SC_CLK_TCK);
  if (!ticks || per_second <= 0) return {};
  const Duration since_boot = std::chrono::milliseconds(*ticks * 1000 / per_second);
  return wall_clock() - (monotonic_now().time_since_epoch() - since_boot);
}

Duration cpu_time() {
  timespec used{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0) return {};
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::uint64_t resident_bytes() {
  const auto words = words_of("/proc/self/statm");
  const auto pages = words.size() > 1 ? parse_number<std::uint64_t>(words[1]) : std::nullopt;
  return pages.value_or(0) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t open_fds() {
  std::error_code failed;
  std::uint64_t count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", failed), end; !failed && entry != end;
       entry.increment(failed))
    ++count;
  return count > 0 ? count - 1 : 0;  // without the one that reads
}

}  // namespace

ProcessFacts process_facts() {
  static const Duration kStarted = start_time();
  return {.started = kStarted, .cpu = cpu_time(), .resident_bytes = resident_bytes(), .open_fds = open_fds()};
}

}  // namespace vip::sys

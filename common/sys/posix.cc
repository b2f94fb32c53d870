#include "common/sys/posix.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/sys/unique_fd.h"

namespace vip::sys {
namespace {

Errc code_of(int os_errno) {
  switch (os_errno) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case ESRCH:
      return Errc::not_found;
    case EACCES:
    case EPERM:
      return Errc::denied;
    case EEXIST:
    case EADDRINUSE:
      return Errc::conflict;
    case EINVAL:
    case EISDIR:
      return Errc::invalid;
    case ENOMEM:
    case EMFILE:
    case ENFILE:
    case ENOSPC:
      return Errc::exhausted;
    default:
      return Errc::unavailable;
  }
}

}  // namespace

std::unexpected<Error> errno_failure(std::string_view clause) {
  return os_failure(clause, errno);
}

std::unexpected<Error> os_failure(std::string_view clause, int os_errno) {
  return fail(code_of(os_errno), std::string(clause) + ": " + std::strerror(os_errno), os_errno);
}

TimePoint monotonic_now() {
  timespec now{};
  (void)::clock_gettime(CLOCK_BOOTTIME, &now);  // cannot fail with this clock
  return TimePoint(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

Duration wall_clock() {
  timespec now{};
  (void)::clock_gettime(CLOCK_REALTIME, &now);  // cannot fail with this clock
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::string wall_clock_text() {
  return time_text(wall_clock());
}

std::string host_name() {
  utsname names{};
  return ::uname(&names) == 0 ? std::string(&names.nodename[0]) : std::string();
}

Result<std::string> read_file(const std::string& path, std::size_t size_max) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return errno_failure(path);
  std::string content;
  std::array<char, 4096> chunk{};
  for (;;) {
    const ssize_t count = ::read(fd.get(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_failure(path);
    if (count == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(count));
    if (content.size() > size_max) {
      return fail(Errc::exhausted, path + ": larger than " + std::to_string(size_max) + " bytes");
    }
  }
}

Status write_file(const std::string& path, std::string_view content) {
  constexpr mode_t kReadable = 0644;
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kReadable));
  if (!fd.valid()) return errno_failure(path);
  while (!content.empty()) {
    const ssize_t count = ::write(fd.get(), content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno_failure(path);
    content.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

std::string sibling_executable(std::string_view name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return std::string(name);
  return (self.parent_path() / name).string();
}

}  // namespace vip::sys

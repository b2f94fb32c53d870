#include "common/cli/repeated.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <initializer_list>
#include <utility>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/base/text.h"
#include "common/cli/screen.h"
#include "common/sys/posix.h"

namespace vip::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIntervalMin{500};
constexpr milliseconds kIntervalMax{std::chrono::minutes(60)};
// A pipe that is ready takes so much at once.
constexpr std::size_t kPieceMax = 4096;

sigset_t ending_signals() {
  sigset_t set;
  (void)sigemptyset(&set);  // cannot fail with a valid pointer
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) (void)sigaddset(&set, number);
  return set;
}

Screen screen_of_terminal() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return {};
  return {.rows = size.ws_row, .columns = size.ws_col};
}

}  // namespace

Result<milliseconds> parse_watch_interval(std::string_view text) {
  if (text.empty()) return kWatchDefault;
  auto interval = parse_duration(text);
  if (const auto seconds = parse_number<std::uint32_t>(text)) interval = std::chrono::seconds(*seconds);
  if (interval && *interval >= kIntervalMin && *interval <= kIntervalMax) return *interval;
  std::string what = "--watch: '";
  what.append(printable(text)).append("' is not allowed; seconds, or a time such as 500ms or 1m, from ");
  return fail(Errc::invalid, what + duration_text(kIntervalMin) + " to 60m");
}

Result<Repeated> Repeated::create(Form form, milliseconds interval, std::string_view terminal) {
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1 && terminal != "dumb" && !terminal.empty();
  Repeated repeated(form, interval, form == Form::table && is_terminal);
  const auto signals = ending_signals();
  sys::UniqueFd stop(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!stop.valid()) return sys::errno_failure("signalfd");
  if (::sigprocmask(SIG_BLOCK, &signals, &repeated.mask_before_) != 0)
    return sys::errno_failure("sigprocmask");
  repeated.stop_ = std::move(stop);
  return repeated;
}

Repeated::Repeated(Repeated&& other) noexcept
    : stop_(std::move(other.stop_)),
      interval_(other.interval_),
      mask_before_(other.mask_before_),
      form_(other.form_),
      in_place_(other.in_place_),
      is_first_(other.is_first_) {}

Repeated::~Repeated() {
  if (!stop_.valid()) return;
  // What has ended us ends nobody else.
  signalfd_siginfo info{};
  while (::read(stop_.get(), &info, sizeof info) > 0) {
  }
  (void)::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);  // of valid sets it cannot fail
}

void Repeated::run(const std::function<std::string()>& look) {
  do {
    const auto text = look();
    if (ends_within(milliseconds(0)) || !shows(frame(text))) return;
  } while (!ends_within(interval_));
}

std::string Repeated::frame(std::string_view text) {
  if (form_ == Form::json) return std::string(text);
  std::string all = in_place_ ? "every " + duration_text(interval_) + ", Ctrl-C ends it; " : "--- ";
  all.append(sys::wall_clock_text()).append("\n").append(text);
  if (!in_place_) return all;
  const bool is_first = std::exchange(is_first_, false);
  return std::string(is_first ? kClearScreen : "") + redrawn(all, screen_of_terminal());
}

// False: it is to end.
bool Repeated::shows(std::string_view text) const {
  while (!text.empty()) {
    std::array<pollfd, 2> fds{{{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                               {.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return false;
    }
    if (fds[0].revents != 0) return false;
    const auto written = ::write(STDOUT_FILENO, text.data(), std::min(text.size(), kPieceMax));
    if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  return true;
}

bool Repeated::ends_within(milliseconds time) const {
  std::array<pollfd, 2> fds{{{.fd = stop_.get(), .events = POLLIN, .revents = 0},
                             {.fd = STDOUT_FILENO, .events = 0, .revents = 0}}};  // that nobody reads it
  const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(time.count()));
  return ready > 0;  // an interrupted one is over early: after SIGCONT the screen is somebody else's
}

}  // namespace vip::cli

#include "common/http/door.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include <sys/socket.h>

namespace vip::http {
namespace {

// Not one answer more is made while so much waits to be read.
constexpr std::size_t kUnsentMax = 1U << 20U;
constexpr std::size_t kIgnoredMax = 64U << 10U;
// Out of descriptors, an accept fails at once and for ever: the loop must stay free for others.
constexpr Duration kRestAfterError = std::chrono::seconds(1);
// While all places are taken: a flood costs no more than so many visitors a second.
constexpr Duration kRestWhenFull = std::chrono::milliseconds(5);
// Whoever reads its answer so slowly has to give way.
constexpr Duration kReadsWithin = std::chrono::seconds(1);

bool is_passing(int os_errno) {
  return os_errno == EAGAIN || os_errno == EWOULDBLOCK || os_errno == EINTR;
}

// The kernel forgets what was sent, and does not offer it to a visitor who may never read it.
void reset_on_close(int fd) {
  const linger none{.l_onoff = 1, .l_linger = 0};
  (void)::setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));  // a courtesy to the host
}

}  // namespace

Door::Door(sys::EventLoop& loop, DoorLimits limits, Answer answer)
    : loop_(loop), limits_(limits), answer_(std::move(answer)), turn_(loop.timer([this] { on_turn(); })) {}

void Door::open(sys::UniqueFd listening) {
  close();
  listening_ = std::move(listening);
  knocks_ = loop_.on_readable(listening_.get(), [this] { on_visitor(); });
  shut_until_.reset();
}

void Door::close() {
  knocks_.stop();
  listening_.reset();
}

// One at a time: between two visitors the loop does everything else that is due.
void Door::on_visitor() {
  const auto now = loop_.now();
  const auto is_full = [this] { return visitors_.size() >= limits_.visitors; };
  if (is_full() && !make_room(now)) return shut(now + kRestWhenFull);
  sys::UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd.valid()) {
    const bool gone_again = is_passing(errno) || errno == ECONNABORTED || errno == EPROTO;
    return gone_again ? set_next_turn() : shut(now + kRestAfterError);
  }
  auto& visitor = visitors_.emplace_back();
  visitor.fd = std::move(fd);
  visitor.until = now + limits_.lifetime;
  visitor.readable = loop_.on_readable(visitor.fd.get(), [this, &visitor] { on_readable(visitor); });
  is_full() ? shut(now + kRestWhenFull) : set_next_turn();
}

void Door::shut(TimePoint until) {
  knocks_.stop();
  shut_until_ = until;
  set_next_turn();
}

bool Door::make_room(TimePoint now) {
  const auto can_go = [&](const Visitor& visitor) {
    const bool is_slow =
        visitor.stage == Stage::answering && visitor.until - now < limits_.lifetime - kReadsWithin;
    return visitor.stage != Stage::waiting && (visitor.stage != Stage::answering || is_slow);
  };
  const auto one = std::ranges::find_if(visitors_, can_go);
  if (one == visitors_.end()) return false;
  if (one->stage != Stage::gone) send_away(*one, kUnavailable);
  visitors_.erase(one);
  return true;
}

void Door::on_readable(Visitor& visitor) {
  visitor.stage == Stage::asking ? hear(visitor) : ignore(visitor);
  set_next_turn();
}

void Door::hear(Visitor& visitor) {
  std::array<char, kRequestMax> chunk{};
  const auto count = ::recv(visitor.fd.get(), chunk.data(), kRequestMax - visitor.text.size(), 0);
  if (count < 0 && is_passing(errno)) return;
  if (count <= 0) return dismiss(visitor);
  visitor.text.append(chunk.data(), static_cast<std::size_t>(count));
  auto reading = read_request(visitor.text);
  if (reading.refusal != 0) return answer(visitor, bare_response(reading.refusal));
  if (!reading.request) return;
  visitor.request = *std::move(reading.request);
  visitor.stage = Stage::waiting;
  visitor.readable.stop();
}

void Door::ignore(Visitor& visitor) {
  std::array<char, kRequestMax> chunk{};
  const auto count = ::recv(visitor.fd.get(), chunk.data(), chunk.size(), 0);
  if (count < 0 && is_passing(errno)) return;
  if (count <= 0) return dismiss(visitor);
  visitor.ignored += static_cast<std::size_t>(count);
  if (visitor.ignored > kIgnoredMax) dismiss(visitor);
}

void Door::answer(Visitor& visitor, const Response& response) {
  visitor.stage = Stage::answering;
  visitor.readable.stop();
  visitor.text = encode(response, visitor.request.head_only);
  unsent_ += visitor.text.size();
  send(visitor);
}

void Door::send(Visitor& visitor) {
  while (visitor.sent < visitor.text.size()) {
    const auto count = ::send(visitor.fd.get(), visitor.text.data() + visitor.sent,
                              visitor.text.size() - visitor.sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && !is_passing(errno)) return dismiss(visitor);
    if (count < 0) {
      if (std::exchange(visitor.has_blocked, true)) return visitor.writable.resume();
      visitor.writable = loop_.on_writable(visitor.fd.get(), [this, &visitor] {
        send(visitor);
        set_next_turn();
      });
      return;
    }
    visitor.sent += static_cast<std::size_t>(count);
    unsent_ -= static_cast<std::size_t>(count);
  }
  part(visitor);
}

void Door::part(Visitor& visitor) {
  visitor.stage = Stage::parting;
  visitor.text = {};
  visitor.sent = 0;
  (void)::shutdown(visitor.fd.get(), SHUT_WR);  // fails when the visitor has gone, which is heard next
  visitor.readable.resume();
}

void Door::dismiss(Visitor& visitor) {
  if (visitor.stage == Stage::answering) unsent_ -= visitor.text.size() - visitor.sent;
  visitor.stage = Stage::gone;
  visitor.readable.stop();
  visitor.writable.stop();
  visitor.fd.reset();
}

void Door::send_away(Visitor& visitor, int status) {
  if (visitor.stage == Stage::asking) {
    answer(visitor, bare_response(status));
  } else {
    reset_on_close(visitor.fd.get());
  }
  dismiss(visitor);
}

void Door::on_turn() {
  const auto now = loop_.now();
  for (auto& visitor : visitors_) {
    if (visitor.until > now) break;
    if (visitor.stage != Stage::gone) send_away(visitor, kRequestTimeout);
  }
  answer_next();
  std::erase_if(visitors_, [](const Visitor& visitor) { return visitor.stage == Stage::gone; });
  if (shut_until_ && *shut_until_ <= now && listening_.valid()) {
    shut_until_.reset();
    knocks_.resume();
  }
  set_next_turn();
}

void Door::answer_next() {
  const auto next =
      std::ranges::find_if(visitors_, [this](const Visitor& visitor) { return can_answer(visitor); });
  if (next != visitors_.end()) answer(*next, answer_(next->request));
}

bool Door::can_answer(const Visitor& visitor) const {
  return visitor.stage == Stage::waiting && unsent_ <= kUnsentMax;
}

void Door::set_next_turn() {
  constexpr auto kNever = TimePoint::max();
  auto next = listening_.valid() ? shut_until_.value_or(kNever) : kNever;
  for (const auto& visitor : visitors_) {
    const bool at_once = visitor.stage == Stage::gone || can_answer(visitor);
    next = std::min(next, at_once ? loop_.now() : visitor.until);
  }
  next == kNever ? turn_.stop() : turn_.set(next);
}

}  // namespace vip::http

#include "vrrp/sys/sibling_line.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>

#include "common/base/assert.h"
#include "common/base/bytes.h"
#include "common/sys/posix.h"

namespace vip::vrrp {
namespace {

constexpr std::size_t kHead = 5;
constexpr std::size_t kFrameMax = 16U << 20U;  // of the state of 1,000 routers and what they heard
constexpr std::size_t kKeptMax = 32U << 20U;
constexpr std::size_t kDescriptorsMax = 8;
// A state comes in one turn, a flood does not.
constexpr int kReadsPerTurn = 16;
constexpr std::size_t kReadSize = 65536;

std::span<const std::uint8_t> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// Room for a control message with descriptors.
union Control {
  cmsghdr header;
  std::array<char, CMSG_SPACE(kDescriptorsMax * sizeof(int))> room;
};

}  // namespace

bool SiblingLine::is_own_user() const {
  ucred peer{};
  socklen_t size = sizeof(peer);
  return ::getsockopt(fd_.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == ::geteuid();
}

Status SiblingLine::send(std::string_view text, const std::vector<int>& descriptors) {
  VIP_ASSERT(text.size() <= kFrameMax && descriptors.size() <= kDescriptorsMax);
  if (out_size_ + text.size() > kKeptMax) return fail(Errc::exhausted, "a sibling does not read");
  ByteWriter head;
  head.u32(static_cast<std::uint32_t>(text.size()));
  head.u8(static_cast<std::uint8_t>(descriptors.size()));
  Frame frame;
  frame.bytes.assign(head.view().begin(), head.view().end());
  frame.bytes += text;
  for (const int descriptor : descriptors) {
    sys::UniqueFd copy(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!copy.valid()) return sys::errno_failure("copy a descriptor for a sibling");
    frame.descriptors.push_back(std::move(copy));
  }
  out_size_ += frame.bytes.size();
  out_.push_back(std::move(frame));
  return flush();
}

Status SiblingLine::flush() {
  while (!out_.empty()) {
    auto& frame = out_.front();
    iovec text{.iov_base = frame.bytes.data() + frame.sent, .iov_len = frame.bytes.size() - frame.sent};
    msghdr message{};
    message.msg_iov = &text;
    message.msg_iovlen = 1;
    Control control{};
    if (!frame.descriptors.empty()) {
      std::array<int, kDescriptorsMax> raw{};
      const auto count = std::min(frame.descriptors.size(), raw.size());
      std::ranges::transform(frame.descriptors.begin(), frame.descriptors.begin() + static_cast<long>(count),
                             raw.begin(), [](const sys::UniqueFd& fd) { return fd.get(); });
      message.msg_control = &control;
      message.msg_controllen = CMSG_SPACE(count * sizeof(int));
      control.header.cmsg_level = SOL_SOCKET;
      control.header.cmsg_type = SCM_RIGHTS;
      control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
      std::memcpy(CMSG_DATA(&control.header), raw.data(), count * sizeof(int));
    }
    const ssize_t sent = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return {};
    if (sent < 0) return sys::errno_failure("send to a sibling");
    frame.descriptors.clear();
    frame.sent += static_cast<std::size_t>(sent);
    out_size_ -= static_cast<std::size_t>(sent);
    if (frame.sent == frame.bytes.size()) out_.pop_front();
  }
  return {};
}

bool SiblingLine::receive(const Receiver& receiver) {
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const auto arrival = read_some();
    if (!cut_frames(receiver)) return false;
    if (arrival != Arrival::some) return arrival == Arrival::none;
  }
  return true;
}

SiblingLine::Arrival SiblingLine::read_some() {
  std::array<char, kReadSize> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): the kernel fills it
  Control control{};
  iovec text{.iov_base = chunk.data(), .iov_len = chunk.size()};
  msghdr message{};
  message.msg_iov = &text;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof(control);
  const ssize_t count = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (count < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return Arrival::none;
  if (count >= 0) take_descriptors(message);
  if (count <= 0) return Arrival::end;
  in_.append(chunk.data(), static_cast<std::size_t>(count));
  return Arrival::some;
}

// They come no later than the first byte of their frame; the kernel may put older text before them.
void SiblingLine::take_descriptors(const msghdr& message) {
  auto copy = message;
  for (auto* header = CMSG_FIRSTHDR(&copy); header != nullptr; header = CMSG_NXTHDR(&copy, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const auto received = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < received; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      in_descriptors_.emplace_back(descriptor);
    }
  }
  if ((message.msg_flags & MSG_CTRUNC) != 0) descriptors_lost_ = true;  // which ones is not said
  if (descriptors_lost_) in_descriptors_.clear();
}

bool SiblingLine::cut_frames(const Receiver& receiver) {
  while (in_.size() >= kHead) {
    ByteReader head(as_bytes(in_).first(kHead));
    const std::size_t size = head.u32();
    const std::size_t count = head.u8();
    if (size > kFrameMax || count > kDescriptorsMax) return false;
    if (in_.size() < kHead + size) break;
    auto text = in_.substr(kHead, size);
    in_.erase(0, kHead + size);
    std::vector<sys::UniqueFd> descriptors;
    while (descriptors.size() < count && !in_descriptors_.empty()) {
      descriptors.push_back(std::move(in_descriptors_.front()));
      in_descriptors_.pop_front();
    }
    receiver(std::move(text), std::move(descriptors));
  }
  return in_descriptors_.size() <= kDescriptorsMax;
}

}  // namespace vip::vrrp

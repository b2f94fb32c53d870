// One connection between agents of a host: frames of text, in order, some with descriptors beside them.
//
//    0       1       2       3       4
//   +-------+-------+-------+-------+-------+
//   |  size of the text, big-endian | count |  of descriptors, which travel with the frame's first byte
//   +-------+-------+-------+-------+-------+
//   |  text ...
//
// Nothing here blocks: what the other end does not read is kept up to a limit, then the line is broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/sys/unique_fd.h"

struct msghdr;

namespace vip::vrrp {

class SiblingLine {
 public:
  explicit SiblingLine(sys::UniqueFd fd) : fd_(std::move(fd)) {}

  // Whether the other end belongs to our own user.
  [[nodiscard]] bool is_own_user() const;

  // The descriptors are kept open until they are sent. Errors: exhausted, unavailable: broken from then on.
  Status send(std::string_view text, const std::vector<int>& descriptors = {});
  // Sends what was kept back. Errors as send().
  Status flush();
  [[nodiscard]] bool is_flushed() const { return out_.empty(); }

  // A frame and its descriptors; fewer, from then on, where the kernel could not give us all of them.
  using Receiver = std::function<void(std::string text, std::vector<sys::UniqueFd> descriptors)>;
  // Hands over what has arrived, at most as much as fits one turn of the loop; false once the other end is
  // closed and everything was heard, or what comes makes no sense.
  [[nodiscard]] bool receive(const Receiver& receiver);

  [[nodiscard]] int fd() const { return fd_.get(); }

 private:
  struct Frame {
    std::string bytes;
    std::size_t sent = 0;
    std::vector<sys::UniqueFd> descriptors;  // until the first byte is sent
  };
  enum class Arrival : std::uint8_t { some, none, end };
  [[nodiscard]] Arrival read_some();
  void take_descriptors(const msghdr& message);
  [[nodiscard]] bool cut_frames(const Receiver& receiver);

  sys::UniqueFd fd_;
  std::deque<Frame> out_;
  std::size_t out_size_ = 0;
  std::string in_;
  std::deque<sys::UniqueFd> in_descriptors_;
  bool descriptors_lost_ = false;
};

}  // namespace vip::vrrp

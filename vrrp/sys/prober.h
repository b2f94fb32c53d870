// The checks that are questions to the network or the kernel: asked without waiting, answered by a callback
// within the check's timeout.
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <string>

#include "common/sys/event_loop.h"
#include "common/sys/unique_fd.h"
#include "vrrp/core/health.h"

namespace vip::vrrp {

class Prober {
 public:
  // `why`: empty when it is good.
  using OnAnswer = std::function<void(std::string why)>;

  explicit Prober(sys::EventLoop& loop) : loop_(loop), tidy_(loop.timer([this] { done_.clear(); })) {}

  void ask_interface(const CheckSettings& check, const OnAnswer& on_answer);
  void ask_listening(const CheckSettings& check, OnAnswer on_answer);
  void ask_tcp(const CheckSettings& check, OnAnswer on_answer);
  void ask_http(const CheckSettings& check, OnAnswer on_answer);

 private:
  struct Attempt {
    sys::UniqueFd socket;
    OnAnswer on_answer;
    std::optional<sys::Watch> watch;
    std::optional<sys::DeadlineTimer> timer;
  };
  using Attempts = std::list<Attempt>;
  void finish(Attempts::iterator attempt, std::string why);

  sys::EventLoop& loop_;
  Attempts attempts_;
  Attempts done_;  // whose callbacks may still be running
  sys::DeadlineTimer tidy_;
};

}  // namespace vip::vrrp

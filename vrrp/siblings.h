// The agents of one group on one host, over a unix socket of the host's network namespace: meets them, proves
// itself and them, and carries out what vrrp/core/charge.h decides. On the agent's loop; nothing here waits,
// and what a sibling may send or leave unread is bounded.
//
// Where unix sockets are denied, TCP on loopback takes their place. It passes no descriptors and tells no
// user: so the name is free for a moment while it changes hands, and nobody is believed without a key of the
// group.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/sys/event_loop.h"
#include "common/sys/unique_fd.h"
#include "vrrp/core/charge.h"
#include "vrrp/core/sibling_proof.h"
#include "vrrp/sibling_json.h"
#include "vrrp/sys/loopback_socket.h"
#include "vrrp/sys/sibling_line.h"

namespace vip::vrrp {

struct SiblingSettings {
  std::string group;  // as marked on addresses
  ChargeConfig charge;
  std::vector<AuthKey> keys;
  bool insists_on_key = false;  // who has none is no sibling
};

// Whether an agent would do as well as the one in charge.
struct Fitness {
  enum class Grade : std::uint8_t { fit, unknown, unfit };
  Grade grade = Grade::fit;
  std::string why;  // it is not, or not known yet
};

// What the agent does with its charge.
struct ChargeHooks {
  struct Belonging {
    std::string name;
    int fd = -1;
  };
  std::function<std::string()> state;  // as of now
  std::function<bool(const std::string& state)> can_read;
  // Compared with who has that state; asked again and again while it is not fit.
  std::function<Fitness(const std::string& state)> fitness;
  std::function<void()> fall_silent;
  std::function<void()> go_on;
  std::function<void(const std::string& state)> take_charge;  // without a state: as a first start
  std::function<void()> give_up_charge;
  std::function<void()> leave_politely;
  std::function<void()> exit;
  std::function<std::vector<Belonging>()> belongings;  // sockets that the next in charge goes on with
  std::function<void()> close_belongings;
  std::function<void(const std::string& name, sys::UniqueFd fd)> adopt;
};

// When this process started, with a random nonce.
[[nodiscard]] StartOrder start_order(TimePoint started);

class Siblings {
 public:
  Siblings(sys::EventLoop& loop, SiblingSettings settings, ChargeHooks hooks);
  Siblings(const Siblings&) = delete;
  Siblings& operator=(const Siblings&) = delete;
  Siblings(Siblings&&) = delete;
  Siblings& operator=(Siblings&&) = delete;
  ~Siblings();

  void start() { feed(charge::Started{}); }
  void terminate() { feed(charge::Terminated{}); }
  // The state changed in a way that siblings should know of at once.
  void changed() { feed(charge::Changed{}); }

  [[nodiscard]] Standing standing() const { return charge_.standing(); }
  [[nodiscard]] bool is_healthy() const { return charge_.is_healthy(); }
  // Why it waits, in words; empty when it does not.
  [[nodiscard]] const std::string& why() const { return why_; }
  // While in charge: why a newer agent did not ask for it, as it said in the last minutes; else empty.
  [[nodiscard]] std::string why_no_heir() const;

 private:
  enum class Way : std::uint8_t { unix_socket, loopback };
  struct Line {
    Line(sys::UniqueFd fd, Way kind, bool from_outside)
        : wire(std::move(fd)), way(kind), incoming(from_outside) {}
    SiblingLine wire;
    Way way;
    bool incoming;
    bool met = false;
    bool closed = false;
    bool reported = false;  // the core knows of its end
    std::string challenge;  // ours
    std::optional<SiblingFrame> hello;
    TimePoint since;
    sys::Watch watch;
  };

  void feed(const charge::Event& event);
  void carry_out(const charge::Reach& action);
  void carry_out(const charge::Send& action);
  void carry_out(const charge::Close& action);
  void carry_out(const charge::FallSilent& action);
  void carry_out(const charge::GoOn& action) const;
  void carry_out(const charge::TakeCharge& action);
  void carry_out(const charge::GiveUpCharge& action);
  void carry_out(const charge::LeavePolitely& action) const;
  void carry_out(const charge::Exit& action) const;

  Result<sys::UniqueFd> take_name();
  [[nodiscard]] Result<sys::UniqueFd> connect_to_name() const;
  void hold_name(sys::UniqueFd listener);
  void close_name();
  void on_accept();
  void add_line(sys::UniqueFd fd, Way way, bool incoming);
  void on_readable(std::uint64_t id);
  void on_frame(std::uint64_t id, const std::string& text, std::vector<sys::UniqueFd> descriptors);
  void on_hello(Line& line, SiblingFrame frame);
  void on_proof(std::uint64_t id, Line& line, const SiblingFrame& frame);
  void on_message(std::uint64_t id, SiblingFrame& frame, std::vector<sys::UniqueFd> descriptors);
  [[nodiscard]] bool may_ask(Line& above);
  void say(Line& line, const SiblingFrame& frame, const std::vector<int>& descriptors = {});
  void refuse(Line& line, const std::string& why);
  [[nodiscard]] SiblingChallenge challenge(const Line& line, bool of_other) const;
  // Closed lines are forgotten at the end of a turn, and the core is told.
  void tidy_up();
  void arm();
  void on_timer();
  void tell(Standing after);

  sys::EventLoop& loop_;
  SiblingSettings settings_;
  ChargeHooks hooks_;
  Charge charge_;
  Standing told_ = Standing::seeking;  // in the log
  std::string name_;
  LoopbackPlace place_;         // the name's
  std::string host_;            // what only this one is called
  Way way_ = Way::unix_socket;  // to the name, as of the last try
  std::string remembered_;
  std::optional<charge::Send> unasked_;
  std::string unfit_;  // why, as last said
  struct Refusal {
    std::string why;
    TimePoint at;
  };
  std::optional<Refusal> no_heir_;
  std::string why_;
  sys::UniqueFd listener_;
  sys::Watch accepting_;
  std::uint64_t next_line_ = 1;
  std::map<std::uint64_t, std::unique_ptr<Line>> lines_;
  std::deque<charge::Event> events_;
  bool running_ = false;
  sys::DeadlineTimer timer_;
};

}  // namespace vip::vrrp

// A simulated host on which agents of one group start, hand over, freeze, crash and are stopped, with the
// parts of the kernel that matter to them: a name that only one process can have, connections that deliver in
// order and then close, descriptors under way in a message. Virtual time; a seed decides everything.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/rng.h"
#include "common/base/time.h"
#include "vrrp/core/charge.h"

namespace vip::vrrp::sim {

using ProcessId = std::size_t;

// What is wrong with a host on purpose: each must be found by the judge.
enum class Flaw : std::uint8_t {
  none,
  name_for_everybody,   // the kernel gives the name to whoever asks
  speaks_when_ready,    // an agent acts as soon as it has the state
  speaks_when_deposed,  // an agent goes on although it handed over
};

struct HostOptions {
  Duration delay_min = std::chrono::microseconds(20);
  Duration delay_max = std::chrono::microseconds(500);
  Duration leave_max = std::chrono::seconds(7);
  std::uint64_t slow_one_in = 0;       // a delivery that takes up to 200 ms; 0: none
  std::uint64_t name_lost_one_in = 0;  // a descriptor that does not arrive; 0: none
  bool names_travel = true;            // else the name is free from before `committed` is said
  Flaw flaw = Flaw::none;
};

class ChargeHost {
 public:
  ChargeHost(Seed seed, HostOptions options);

  ProcessId start(bool can_read_states = true);
  void terminate(ProcessId process);
  void crash(ProcessId process);
  void freeze(ProcessId process);
  void thaw(ProcessId process);
  // A stranger has the name, if it is free; or no more.
  void squat(bool on);

  // Runs until the condition holds, at most so long.
  template <typename Condition>
  bool run_until(Condition condition, Duration limit) {
    const auto end = now_ + limit;
    while (!condition()) {
      if (!advance(end)) return condition();
    }
    return true;
  }
  void run_for(Duration span) {
    (void)run_until([] { return false; }, span);
  }

  [[nodiscard]] TimePoint now() const { return now_; }
  [[nodiscard]] std::vector<ProcessId> living() const;
  [[nodiscard]] bool is_alive(ProcessId process) const { return processes_.at(process).alive; }
  [[nodiscard]] bool is_frozen(ProcessId process) const { return processes_.at(process).frozen; }
  [[nodiscard]] const Charge& charge(ProcessId process) const { return *processes_.at(process).charge; }
  [[nodiscard]] std::optional<ProcessId> in_charge() const;
  // Handoffs that were completed.
  [[nodiscard]] std::uint64_t handoffs() const { return handoffs_; }
  // Of the one in charge, for the sake of handoffs.
  [[nodiscard]] Duration longest_silence() const { return longest_silence_; }
  // With nobody in charge although somebody could be.
  [[nodiscard]] Duration longest_vacancy() const { return longest_vacancy_; }
  // What the judge saw first, or nothing.
  [[nodiscard]] const std::optional<std::string>& violation() const { return violation_; }

 private:
  // What one end sent to the other.
  struct Item {
    enum class Kind : std::uint8_t { hello, message, end } kind = Kind::message;
    TimePoint due;
    StartOrder order;
    SiblingMessage message;
    std::uint64_t state = 0;
    std::optional<std::size_t> name;  // the listener under way
  };
  struct Line {  // one end of a connection, and what is under way to it
    ProcessId owner = 0;
    SiblingId id;
    std::deque<Item> queue;
    bool open = true;
    bool met = false;
    bool incoming = false;
  };
  struct Connection {
    Line ends[2];
  };
  struct Listener {
    std::size_t references = 0;
    std::deque<std::size_t> backlog;  // connections
  };
  struct Process {
    std::optional<Charge> charge;
    StartOrder order;
    bool alive = true;
    bool frozen = false;
    bool terminated = false;
    bool can_read_states = true;
    bool speaks = false;
    std::optional<std::size_t> name;  // its listener
    std::uint64_t state = 0;          // while it speaks
    std::uint64_t remembered = 0;
    std::optional<TimePoint> ends_at;
    std::deque<charge::Event> signals;
  };

  bool advance(TimePoint end);
  [[nodiscard]] std::optional<TimePoint> next_due(ProcessId process) const;
  void run(ProcessId process);
  bool run_line(ProcessId process);
  void feed(ProcessId process, const charge::Event& event);
  void carry_out(ProcessId process, const charge::Action& action);
  void carry_out(ProcessId process, const charge::Reach& action);
  void carry_out(ProcessId process, const charge::Send& action);
  void carry_out(ProcessId process, const charge::Close& action);
  void carry_out(ProcessId process, const charge::FallSilent& action);
  void carry_out(ProcessId process, const charge::GoOn& action);
  void carry_out(ProcessId process, const charge::TakeCharge& action);
  void carry_out(ProcessId process, const charge::GiveUpCharge& action);
  void carry_out(ProcessId process, const charge::LeavePolitely& action);
  void carry_out(ProcessId process, const charge::Exit& action);
  void deliver(ProcessId process, std::size_t connection, std::size_t end);
  void accept(ProcessId process);
  void close_line(std::size_t connection, std::size_t end);
  void drop_name(std::optional<std::size_t>& name);
  [[nodiscard]] std::optional<std::size_t> name_in_use() const;
  [[nodiscard]] Duration delay();
  void send(std::size_t connection, std::size_t from, Item item);
  void judge();
  [[nodiscard]] bool is_excused() const;

  Rng rng_;
  HostOptions options_;
  TimePoint now_{std::chrono::seconds(1000)};
  std::vector<Process> processes_;
  std::vector<Connection> connections_;
  std::vector<Listener> listeners_;
  std::optional<std::size_t> squatter_;
  std::uint64_t next_id_ = 1;
  std::uint64_t spoken_ = 0;  // the newest state anybody had in charge
  std::uint64_t handoffs_ = 0;
  std::optional<TimePoint> silent_since_;
  std::optional<TimePoint> vacant_since_;
  Duration longest_silence_{};
  Duration longest_vacancy_{};
  std::optional<std::string> violation_;
};

}  // namespace vip::vrrp::sim

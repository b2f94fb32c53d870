// What runs on a simulated host: the bare state machine, or all of the agent's core, which whole packets
// reach (encoded, signed, decoded, authenticated, checked). Beside either, on request, runs the naive model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "common/base/time.h"
#include "tests/sim/model.h"
#include "vrrp/core/router_set.h"
#include "vrrp/core/virtual_router.h"

namespace vip::vrrp::sim {

// What is under way: VRRP, our own hello, or an announcement of addresses.
enum class Traffic : std::uint8_t { advertisement, hello, announcement, count };

// A packet under way.
struct Parcel {
  Packet packet;
  Traffic traffic = Traffic::advertisement;
  std::optional<Received> meant;  // what the sender of an advertisement says with it
  std::uint64_t life = 0;         // numbers the starts of its sender
  std::uint64_t serial = 0;       // grows with everything that is sent on the LAN; copies share it
  bool damaged = false;           // not as it was sent, and so not to be believed
};

struct NodeOptions {
  bool packets = false;
  bool with_model = false;
  bool checks_duplicates = false;  // with packets
  std::vector<IpAddress> peers;    // with packets
};

// Serial of the last packet believed, of each life of a sender: what is still under way from before a
// reboot may be newer by the sender's old clock, and is then no replay but the price of P5.
using Newest = std::map<std::tuple<IpAddress, Traffic, std::uint64_t>, std::uint64_t>;

// What outlives a node, for another one to go on from: kept by its parent process, or handed over.
struct NodeMemory {
  SetMemory set;               // of a bare machine only what the machine knows
  std::optional<Model> model;  // as it was when the machine's memory was written
  Newest newest;               // as it was when the authenticator's was
  std::optional<Sequence> highest_number;
};

struct Resumption {
  TimePoint as_of;  // when the node before was last known to live
  bool link_up = true;
  bool addresses_kept = true;
};

class Node {
 public:
  Node(const RouterConfig& config, const NodeOptions& options);

  [[nodiscard]] Actions feed(TimePoint now, const Event& given);
  // With packets.
  [[nodiscard]] Actions receive(TimePoint now, const Parcel& parcel);
  // What goes out; empty for a bare machine.
  [[nodiscard]] std::vector<Packet> packets(TimePoint now, Priority priority, Duration wall_clock);
  [[nodiscard]] Packet packet(TimePoint now, const SendHello& hello, Duration wall_clock);

  // What the agent writes with each deed, and with each pulse also its marks.
  void remember(TimePoint now, NodeMemory& memory) const;
  void remember_marks(NodeMemory& memory) const;
  // Whether the marks cannot wait for the next pulse.
  [[nodiscard]] bool has_outgrown(const NodeMemory& memory) const;
  // Instead of Started.
  [[nodiscard]] Actions resume(TimePoint now, const NodeMemory& memory, const Resumption& how);

  // Whether it is to be told who has the addresses.
  [[nodiscard]] bool is_checking() const;
  [[nodiscard]] const VirtualRouter& machine() const;
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;
  // The first difference to the model, or the first packet that was believed and should not.
  [[nodiscard]] const std::optional<std::string>& fault() const { return fault_; }
  // Packets refused, by reason.
  [[nodiscard]] DiscardCounts discards() const;

 private:
  [[nodiscard]] Actions step(TimePoint now, const Event& event);
  [[nodiscard]] bool is_untouched(const std::optional<Deadline<Timer>>& deadline, State state) const;
  // What no packet may do, or nothing.
  [[nodiscard]] std::optional<std::string> judge(const Parcel& parcel, const Reception& reception);
  void compare(TimePoint now, const Event& event, const Actions& actions);
  [[nodiscard]] Actions resume_core(TimePoint now, const SetMemory& memory, const Resumption& how);

  std::variant<VirtualRouter, RouterSet> core_;
  std::optional<Model> model_;
  Newest newest_;
  std::optional<std::string> fault_;
};

}  // namespace vip::vrrp::sim

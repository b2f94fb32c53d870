// The agent: the imperative shell around the routers' state machines. It owns the sockets, feeds events,
// carries out actions in order and reconciles the kernel's addresses. One thread, one loop; nothing in it
// waits for Docker, a disk or a name server.
//
//   protocol 112 --> decode, check --+                        +--> advertisements, gratuitous ARP
//   netlink hints --> look again ----+--> VirtualRouter::step +--> addresses (leases)
//   timers, signals -----------------+                        +--> log, status
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/sys/event_loop.h"
#include "vrrp/core/authentication.h"
#include "vrrp/core/virtual_router.h"
#include "vrrp/settings/agent_config.h"
#include "vrrp/status.h"
#include "vrrp/sys/address_keeper.h"
#include "vrrp/sys/announcer.h"
#include "vrrp/sys/netlink.h"
#include "vrrp/sys/status_server.h"
#include "vrrp/sys/vrrp_socket.h"

namespace vip::vrrp {

class Agent {
 public:
  // Opens everything and checks that the settings fit this host. Errors: denied without NET_ADMIN or NET_RAW,
  // not_found for an interface or address that is not here (never in a managed group), unavailable.
  static Result<std::unique_ptr<Agent>> create(sys::EventLoop& loop, AgentConfig config);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  Agent(Agent&&) = delete;
  Agent& operator=(Agent&&) = delete;
  ~Agent();

  void start();
  // Leaves politely: priority 0, then the addresses go.
  void stop();
  [[nodiscard]] AgentStatus status() const;

 private:
  struct Router;
  // Says the first of a kind at once and then at most one in a while, with how many there were.
  struct Sparing {
    std::optional<TimePoint> last;
    std::uint64_t unsaid = 0;
    // How many to speak of now, or 0 to stay silent.
    std::uint64_t count(TimePoint now);
  };
  struct Sockets {
    Netlink netlink;
    NetlinkEvents hints;
    VrrpSocket vrrp;
    Announcer announcer;
  };

  Agent(sys::EventLoop& loop, AgentConfig config, Sockets sockets);
  Status set_up_routers();
  Status find_source(RouterSettings& settings) const;
  Status set_up_status();

  void feed(Router& router, const Event& event);
  void carry_out(Router& router, const SendAdvertisement& action);
  void carry_out(Router& router, const HoldAddresses& action);
  void carry_out(Router& router, const ReleaseAddresses& action);
  void carry_out(Router& router, const AnnounceAddresses& action);
  void carry_out(Router& router, const StateChanged& action);

  void on_timer();
  // To be called before anything else in a turn: what queued up while we slept must not find us active.
  void notice_stall();
  void arm_timer();
  void on_packets();
  void on_packet(const Envelope& envelope, std::span<const std::uint8_t> message);
  void count_discard(Discard why, const Envelope& envelope,
                     std::array<std::uint64_t, kDiscardCount>& counters);
  void on_hints();

  // Looks at the links and tells the routers what changed; a look that failed is repeated soon.
  void observe_links();
  void place(Router& router);
  // Makes the kernel's addresses what the routers desire, and tells each router what became of its own.
  void settle_addresses();
  void tell(Router& router, const AddressKeeper::Outcome& outcome);
  void refuse(Router& router, const IpPrefix& prefix, const Error& error);
  void renew();
  void look_around();
  void warn_send(Router& router, const Error& error);
  void try_to_listen();

  sys::EventLoop& loop_;
  AgentConfig config_;
  Sockets sockets_;
  Authenticator authenticator_;
  std::uint32_t group_mark_;
  std::chrono::seconds lease_{0};  // 0: for ever
  std::optional<AddressKeeper> keeper_;
  bool links_known_ = true;
  std::vector<ObservedLink> links_;
  std::vector<std::unique_ptr<Router>> routers_;
  std::array<std::uint64_t, kDiscardCount> undecodable_{};
  std::array<Sparing, kDiscardCount> discard_log_{};
  std::string since_;
  std::optional<StatusServer> status_server_;
  sys::DeadlineTimer timer_;
  sys::DeadlineTimer renewal_;
  sys::DeadlineTimer again_;  // after something failed
  sys::DeadlineTimer look_;   // in case a hint was lost
  sys::DeadlineTimer listen_retry_;
  std::vector<sys::Watch> watches_;
};

}  // namespace vip::vrrp

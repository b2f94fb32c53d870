// The agent: the imperative shell around the routers' state machines. It owns the sockets, feeds events,
// carries out actions in order and reconciles the kernel's addresses. One thread, one loop; nothing in it
// waits for Docker, a disk or a name server.
//
//   protocol 112 ----------------+                       +--> advertisements, gratuitous ARP, NA
//   hellos over UDP -------------+--> RouterSet --> actions --> hellos
//   others' announcements -------+                       +--> addresses (leases)
//   netlink hints: look again ---+                       +--> log, status
//   timers, signals -------------+
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/base/backoff.h"
#include "common/base/error.h"
#include "common/http/server.h"
#include "common/sys/event_loop.h"
#include "vrrp/chronicle.h"
#include "vrrp/core/health.h"
#include "vrrp/core/router_set.h"
#include "vrrp/settings/agent_config.h"
#include "vrrp/siblings.h"
#include "vrrp/status.h"
#include "vrrp/sys/address_keeper.h"
#include "vrrp/sys/announcer.h"
#include "vrrp/sys/errands.h"
#include "vrrp/sys/hello_socket.h"
#include "vrrp/sys/lasting_memory.h"
#include "vrrp/sys/netlink.h"
#include "vrrp/sys/packet_io.h"
#include "vrrp/sys/urgency.h"
#include "vrrp/sys/virtual_link.h"

namespace vip::vrrp {

// What an agent has from its parent, and from its earlier lives.
struct Heritage {
  LastingMemory& memory;
  PreparedSockets sockets;
  Urgency urgency;
  StartOrder order;  // of the first life
};

class Agent {
 public:
  // Opens everything and checks that the settings fit this host. Errors: denied without NET_ADMIN or NET_RAW,
  // not_found for an interface or address that is not here (never in a managed group), unavailable.
  static Result<std::unique_ptr<Agent>> create(sys::EventLoop& loop, AgentConfig config, Heritage heritage);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;
  Agent(Agent&&) = delete;
  Agent& operator=(Agent&&) = delete;
  ~Agent();

  // Acts for the group, once no other agent of this host does; where an earlier life stopped, if there was
  // one.
  void start();
  // Instead of start(): lets go, in order, of all that an earlier life had and nobody took over.
  void leave();
  // Hands over to another agent of this host, or else leaves politely: priority 0, and the addresses go when
  // somebody follows. Calls back when that is over, which is soon; called again, it ends at once.
  void retire(sys::Callback gone);
  // Whether these settings can take the place of ours. Errors: as of create(), and invalid for another name.
  [[nodiscard]] Status suits(const AgentConfig& next) const;
  // For the next life, by such settings: all stays as it is and is remembered, but for routers that it does
  // not have any more, which leave politely. Calls back when that is over, which is soon.
  void make_way(const AgentConfig& next, sys::Callback gone);
  // Ends for good, at once. To be called outside of the loop.
  void stop();
  [[nodiscard]] AgentStatus status() const;

 private:
  // A router's side of the host; its side of the protocol is in routers_ under the same number.
  struct Site {
    RouterSettings settings;
    std::optional<ObservedLink> link;  // as of the last look; empty when it is not there
    IfIndex home;                      // the interface that has our address; 0: none
    std::optional<IpAddress> source;
    std::string fault = "not started";  // why it cannot be used, empty when it can
    Trouble trouble = Trouble::none;    // the same for programs
    std::optional<VirtualLink> virtual_link;
    bool claiming = false;  // the machine waits for AddressesHeld
    int refusals = 0;       // of its addresses, in a row
    std::string refusal;    // the last one's reason, empty when all are held
    Trouble refused = Trouble::none;
    struct Other {
      Announcement announcement;
      TimePoint heard;
    };
    std::map<IpAddress, Other> others;  // who announced our addresses last
    // Others' announcements while active: of a successor, who speaks at once, or of nobody who should.
    struct Claims {
      Announcement last;
      TimePoint first;
      std::uint64_t count = 0;
    } claims;
    TimePoint changed;
    std::vector<Transition> transitions;  // the last ones, newest last; see kTransitionsKept
    std::size_t untold = 0;               // of them, those that the log does not say yet
    std::optional<TimePoint> heard;       // the active router, last
    std::deque<TimePoint> put_back_lately;
    RouterCounters counters;  // but for those that the set of routers counts
    metrics::Takeovers takeovers;
  };
  struct Sockets {
    Netlink netlink;
    NetlinkEvents hints;
    PacketIo packets;
    Announcer announcer;
    std::vector<NeighbourWatch> neighbours;
  };

  Agent(sys::EventLoop& loop, AgentConfig config, Sockets sockets, LastingMemory& memory, Urgency urgency);
  static Result<Sockets> open_sockets(const AgentConfig& config, PreparedSockets prepared);
  Status set_up_routers();
  Status check_here(RouterSettings& settings) const;
  [[nodiscard]] bool is_here(const IpAddress& address) const;
  Status set_up_status();
  void make_routers();

  // --- who is in charge on this host (agent_handoff.cc) ---
  void set_up_siblings(StartOrder order);
  // From here on it acts for the group: from the state of another agent, or as a first start.
  void take_charge(const std::string& state);
  void take_over(const SetMemory& memory);
  void fall_silent();
  void go_on();
  // Another agent acts: what is in the kernel is its, and untouched.
  void give_up_charge();
  void leave_politely();
  void remember_all();
  // Whether a router would be in a fault by this plan although none is where that state comes from.
  [[nodiscard]] Fitness fitness(const std::string& state);
  [[nodiscard]] std::vector<ChargeHooks::Belonging> belongings() const;
  void close_belongings();
  // What came while another agent acts is old news when we do.
  void discard_all();
  [[nodiscard]] Standing standing() const;
  [[nodiscard]] bool is_healthy() const;

  // --- what this host serves (agent_health.cc) ---
  // From here on the checks are asked. Beforehand the routers know nothing, and begin in a fault where one
  // must pass.
  void begin_checks(Beginning beginning);
  void end_checks();
  // Before it acts: whether its checks pass where somebody else serves without them, or by others.
  [[nodiscard]] Fitness try_checks(const SetMemory& serving);
  void on_check(std::size_t check, const std::string& why);
  void on_overdue();
  void heed_checks();

  // What earlier lives remembered; nothing in the first one.
  [[nodiscard]] std::optional<SetMemory> recall();
  void forget();
  void resume(const SetMemory& memory);
  struct Resumed {
    std::size_t were_active = 0;
    std::size_t are_active = 0;
  };
  Resumed go_on_from(const SetMemory& memory);
  void recall_transitions(const SetMemory& memory);
  [[nodiscard]] SetMemory::Router memory_of(std::size_t router) const;
  [[nodiscard]] SetMemory memory() const;
  // What is told later of changes of state; to be called before they are remembered.
  void note(const RouterActions& actions);
  void note(std::size_t router, const StateChanged& change);
  void note(std::size_t router, const Received& advert);
  // P11: to be called before the actions are carried out.
  void remember(const RouterActions& actions);
  void remember(std::size_t router);
  void remember_some();
  void remember_set();
  // That the loop turns; now and then also what changes without actions.
  void on_pulse();

  // Carries out actions, and feeds what comes of them, until nothing is left to do. Then the turn is over.
  void perform(const RouterActions& actions);
  void obey(const RouterActions& actions);
  void end_turn();
  void carry_out(const RouterAction& action);
  void carry_out(std::size_t router, const SendAdvertisement& action);
  // To be called before anything else is carried out.
  void send_advertisements();
  void carry_out(std::size_t router, const HoldAddresses& action);
  void carry_out(std::size_t router, const ReleaseAddresses& action);
  void carry_out(std::size_t router, const ReleaseAddress& action);
  void carry_out(std::size_t router, const HandedOver& action);
  void carry_out(std::size_t router, const AnnounceAddresses& action);
  void carry_out(std::size_t router, const Unheard& action);
  void carry_out(std::size_t router, const StateChanged& action);
  void carry_out(std::size_t router, const SendHello& action);
  void carry_out(std::size_t router, const ReadyToClaim& action);
  void carry_out(std::size_t router, const AskPeers& action);
  void carry_out(std::size_t router, const IntervalChanged& action);
  void carry_out(std::size_t router, const ProbeAddresses& action);

  // To be called before anything else in a turn: what queued up while we slept must not find us active.
  void notice_stall();
  void on_timer();
  void on_packets();
  void on_hellos();
  void on_neighbour(IfIndex interface, std::span<const std::uint8_t> frame);
  void on_announcement(IfIndex interface, const Announcement& announcement);
  // Counts and says the claims of those who turned out to be no successors.
  void settle_claims();
  void on_owner(IfIndex interface, const Announcement& owner);
  [[nodiscard]] std::optional<IpAddress> peer_with(std::size_t router, const MacAddress& mac);
  [[nodiscard]] bool is_ours(const MacAddress& mac) const;
  void on_question(IfIndex interface, bool to_all, const Question& question);
  void on_hints();
  void arm_timers();

  // Looks at the links and tells the routers what changed; a look that failed is repeated soon.
  void observe_links();
  [[nodiscard]] RouterActions place(std::size_t router);
  void prepare_link(std::size_t router);
  void stay_in_groups();
  void sweep();
  void place_all();
  void look_again_soon();
  // Makes the kernel's addresses what the routers desire, and tells each router what became of its own.
  void settle_addresses();
  void renew();
  void tell(std::size_t router, const AddressKeeper::Outcome& outcome);
  // One of its addresses had gone and is back. False when that happens too often to go on as active.
  [[nodiscard]] bool put_back(std::size_t router, const IpPrefix& address);
  void refuse(std::size_t router, const IpPrefix& prefix, const Error& error);
  void look_around();
  void look_around_later();
  void try_to_listen();
  // Opens the sockets for hellos that routers want and that are not open yet; tries again later.
  void try_to_say_hello();
  [[nodiscard]] static std::string hello_name(Family family);

  void release(const std::vector<IpPrefix>& addresses);
  void point_to_successor(std::size_t router, const IpAddress& address);
  [[nodiscard]] bool is_active(std::size_t router) const;
  [[nodiscard]] bool desires_any(std::size_t router) const;
  [[nodiscard]] bool desires(std::size_t router, const IpAddress& address) const;
  [[nodiscard]] std::vector<LocatedAddress> located(std::size_t router) const;
  // What we say about an address: by which interface it goes out, and with which MAC. Nothing while the
  // interface is gone.
  struct Saying {
    IfIndex interface;
    Announcement announcement;
  };
  [[nodiscard]] IfIndex carrier(std::size_t router, const LocatedAddress& at) const;
  [[nodiscard]] std::optional<Saying> saying(std::size_t router, const LocatedAddress& at) const;
  // What is wrong with a router now: in a fault, or active and yet not alone.
  struct Complaint {
    Trouble trouble = Trouble::none;
    std::string words;
  };
  [[nodiscard]] Complaint complaint(std::size_t router) const;
  [[nodiscard]] RouterStatus status_of(std::size_t router) const;
  [[nodiscard]] std::vector<CheckStatus> checks_status() const;

  sys::EventLoop& loop_;
  AgentConfig config_;
  Sockets sockets_;
  Chronicle chronicle_;
  std::uint32_t group_mark_;
  std::optional<Health::Verdict> heeded_;  // of health_
  std::chrono::seconds lease_{0};          // 0: for ever
  std::optional<RouterSet> routers_;
  std::vector<Site> sites_;
  std::deque<std::pair<std::size_t, Event>> answers_;  // to the actions being carried out
  // Advertisements that go out together, and whose each is.
  struct Outbox {
    struct Sender {
      std::size_t router = 0;
      Priority priority;
    };
    std::vector<Packet> packets;
    std::vector<Sender> senders;
  } outbox_;
  std::optional<AddressKeeper> keeper_;
  std::map<IpPrefix, std::uint32_t> removed_by_;  // just now; see NetlinkHints
  bool links_known_ = true;
  bool again_wanted_ = false;
  Backoff again_pause_;
  std::vector<ObservedLink> links_;
  std::string since_;
  std::optional<http::Server> status_server_;
  std::optional<TimePoint> claimed_since_;  // the oldest of the sites' claims; see settle_claims()
  sys::DeadlineTimer timer_;
  sys::DeadlineTimer renewal_;
  sys::DeadlineTimer again_;  // after something failed
  sys::DeadlineTimer look_;   // in case a hint was lost
  static constexpr std::string_view kStatusSocket = "status";
  sys::DeadlineTimer listen_retry_;
  int listen_failures_ = 0;  // in a row
  std::map<Family, HelloSocket> hello_sockets_;
  sys::DeadlineTimer hello_retry_;
  std::vector<sys::Watch> hello_watches_;
  std::vector<sys::Watch> watches_;
  std::optional<Health> health_;  // while it acts
  Errands errands_;
  sys::DeadlineTimer overdue_;
  std::optional<Siblings> siblings_;  // none: nobody told us that there may be others
  bool acts_ = false;
  std::map<std::string, sys::UniqueFd, std::less<>> inherited_;  // from who acted before us, by name
  bool leaving_ = false;                                         // for good, and nobody here goes on
  sys::Callback gone_;                                           // while leaving
  LastingMemory& memory_;
  std::optional<SetMemory> recalled_;  // of an earlier life, while we start
  Urgency urgency_;
  bool is_going_ = false;  // until then a crash counts from the life before
  // What a start or a change of state needed is not needed after so long a calm.
  static constexpr int kPulsesOfCalm = 5;
  int pulses_until_small_ = kPulsesOfCalm;
  sys::DeadlineTimer pulse_;
  std::size_t remembered_next_ = 0;  // the router whose turn it is
  std::size_t pulses_until_set_ = 0;
  std::optional<Sequence> remembered_number_;  // the highest in what is remembered of the set
};

}  // namespace vip::vrrp

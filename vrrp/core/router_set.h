// All virtual routers of one agent, as a function of time, packets and events:
//
//     bytes --> decode --> find the router --> authenticate --> check --> VirtualRouter::step --> actions
//
// Where there is a key and peers to speak to, our own hello (hello.h) takes the same way: questions are
// answered here, answers reach the router as Answered.
//
// Routers are told apart by interface, VRID and family. Routers of one sync group are active together or not
// at all: the group claims when every one of them is ready, and leaves as soon as one must. Pure: the caller
// brings the time, carries out the actions in order and sends what packets() returns.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "vrrp/core/acquaintances.h"
#include "vrrp/core/advertisement.h"
#include "vrrp/core/authentication.h"
#include "vrrp/core/duplicate_check.h"
#include "vrrp/core/hello.h"
#include "vrrp/core/peer_book.h"
#include "vrrp/core/receive_check.h"
#include "vrrp/core/transition.h"
#include "vrrp/core/virtual_router.h"

namespace vip::vrrp {

// Where advertisements go: to each peer, or to VRRP's multicast group.
enum class Transport : std::uint8_t { unicast, multicast };

// One router as its settings want it.
struct RouterSetup {
  RouterConfig protocol;
  ReceiveRules rules;
  Transport transport = Transport::unicast;
  ChecksumForm checksum = ChecksumForm::pseudo_header;  // of what we send; that or message_only
  std::string sync_group;                               // empty: on its own
  std::string network;             // by what the user tells it from others of its VRID; empty: there is none
  bool checks_duplicates = false;  // asks the LAN before a first claim

  [[nodiscard]] Family family() const;
};

struct RouterAction {
  std::size_t router = 0;
  Action action;
  friend bool operator==(const RouterAction&, const RouterAction&) = default;
};
using RouterActions = std::vector<RouterAction>;

struct Packet {
  Envelope envelope;  // its interface is where to send; 0: where the routes lead
  std::vector<std::uint8_t> bytes;
};

// What became of a packet.
struct Reception {
  RouterActions actions;
  std::optional<std::size_t> router;  // whose it was, if anybody's
  std::optional<Discard> discarded;
  std::optional<Event> event;  // what it told the router
};

using DiscardCounts = std::array<std::uint64_t, kDiscardCount>;
using NoticeCounts = std::array<std::uint64_t, kNoticeCount>;

// What the set knows beside its settings, so that another process on this host can go on from there.
struct SetMemory {
  struct Router {
    Vrid vrid;
    std::optional<Vrid> also_vrid;  // of its other form
    Family family = Family::ipv4;
    std::string network;  // as in RouterSetup; who has one beside another without may be the same
    RouterMemory machine;
    std::map<IpAddress, TimePoint> transient_peers;  // and until when
    std::vector<Transition> transitions;             // the last ones, newest last; the set itself has none
  };
  TimePoint as_of;  // when it was true, or its process was last known to live
  AuthenticatorMemory authenticator;
  std::vector<Router> routers;
};

// Whether what is remembered is of this router, which may have had another id then, if it spoke with both.
[[nodiscard]] bool is_of(const SetMemory::Router& memory, const RouterSetup& setup);

class RouterSet {
 public:
  RouterSet(std::vector<RouterSetup> setups, Authenticator authenticator);

  [[nodiscard]] std::size_t size() const { return members_.size(); }
  [[nodiscard]] const VirtualRouter& machine(std::size_t router) const { return members_.at(router).machine; }
  [[nodiscard]] const RouterSetup& setup(std::size_t router) const { return members_.at(router).setup; }

  // Where the router is: the interface for its multicast and the only one from which it believes strangers.
  void place(std::size_t router, IfIndex interface);

  // Starts all of them, each by what link_changed() said of it; who was never told of begins in a fault.
  [[nodiscard]] RouterActions start(TimePoint now);
  // Instead of start(): goes on where another process stopped, by its memory. Routers that it does not name
  // are started. `addresses_kept`: whatever it held is still there.
  [[nodiscard]] RouterActions resume(TimePoint now, const SetMemory& memory, bool addresses_kept);
  [[nodiscard]] SetMemory memory(TimePoint now) const;
  [[nodiscard]] SetMemory::Router memory_of(std::size_t router, TimePoint now) const;
  [[nodiscard]] AuthenticatorMemory memory_of_authenticator() const { return authenticator_.memory(); }
  [[nodiscard]] const Authenticator& authenticator() const { return authenticator_; }
  // Leaves politely: whoever is active keeps its addresses until somebody follows, not for long though, and
  // as short as can be where nobody can. It is over when is_lingering() is false; a second call ends it.
  [[nodiscard]] RouterActions stop(TimePoint now);
  // How often the router would say priority 0 meanwhile; 0: nobody can follow.
  [[nodiscard]] int farewells(TimePoint now, std::size_t router);
  // Whether a router keeps addresses for a successor.
  [[nodiscard]] bool is_lingering() const;
  // Whether the router's own link can be used, and its address there. Before start() nothing happens yet.
  [[nodiscard]] RouterActions link_changed(TimePoint now, std::size_t router, bool usable,
                                           const std::optional<IpAddress>& source);
  // What the host's checks say, of all routers: whether they may serve, and what is added to their
  // priorities. Before start() nothing happens yet.
  [[nodiscard]] RouterActions health_changed(TimePoint now, bool well, int bonus);
  [[nodiscard]] RouterActions feed(TimePoint now, std::size_t router, const Event& event);
  // The wall clock is looked at only where signed packets must be of this time.
  [[nodiscard]] Reception receive(TimePoint now, const Envelope& envelope,
                                  std::span<const std::uint8_t> packet, Duration wall_clock = {});
  // The same for a datagram of our own hello.
  [[nodiscard]] Reception receive_hello(TimePoint now, const Envelope& envelope,
                                        std::span<const std::uint8_t> datagram, Duration wall_clock = {});
  // Whether AddressTaken is to be told of whoever has one of the router's addresses: while no active router
  // was heard, and for a moment after a claim.
  [[nodiscard]] bool is_checking(std::size_t router) const {
    return members_.at(router).duplicate_check.is_running();
  }
  // All timers that are due.
  [[nodiscard]] RouterActions expire(TimePoint now);
  // To be called before anything else of a turn: those who slept too long listen first. One alone needs not.
  // `addresses_kept`: whatever they held, the kernel cannot have dropped it meanwhile.
  [[nodiscard]] RouterActions notice_stall(TimePoint now, bool addresses_kept);
  // To be called at the end of a turn: what takes long until here is work, and from here on sleep.
  void rest(TimePoint now) { busy_until_ = now; }
  [[nodiscard]] std::optional<TimePoint> next_deadline() const;

  // An advertisement as what goes out, one for each form and destination; signed where there is a key.
  [[nodiscard]] std::vector<Packet> packets(std::size_t router, Priority priority, TimePoint now,
                                            Duration wall_clock);
  // A hello as what goes out, over UDP.
  [[nodiscard]] Packet packet(std::size_t router, const SendHello& hello, TimePoint now, Duration wall_clock);

  // Packets that belonged to no router, and those of each that were not believed or were odd.
  [[nodiscard]] const DiscardCounts& strays() const { return strays_; }
  [[nodiscard]] const DiscardCounts& discards(std::size_t router) const {
    return members_.at(router).discards;
  }
  [[nodiscard]] const NoticeCounts& notices(std::size_t router) const { return members_.at(router).notices; }
  [[nodiscard]] std::uint64_t received(std::size_t router) const { return members_.at(router).received; }
  // Questions and answers.
  [[nodiscard]] std::uint64_t hellos_received(std::size_t router) const { return members_.at(router).hellos; }

  // How long one that was put on a lower level while it is active waits for its peers to have that plan.
  static constexpr Duration kStepsBackWithin = std::chrono::seconds(2);

 private:
  struct Member {
    Member(RouterSetup wanted, Duration first_round);
    RouterSetup setup;
    VirtualRouter machine;
    PeerBook peers;
    Acquaintances acquaintances;
    DuplicateCheck duplicate_check;
    IfIndex interface;
    bool usable = false;
    int bonus = 0;                           // of the checks, as last told
    std::optional<TimePoint> steps_back_by;  // see hold_up()
    std::optional<TimePoint> queued;         // its entry in deadlines_
    DiscardCounts discards{};
    NoticeCounts notices{};
    std::uint64_t received = 0;
    std::uint64_t hellos = 0;
    TimePoint help_again_at;  // see help_up()
  };

  // Whether there is nobody to speak to. By multicast that is not known.
  [[nodiscard]] bool is_alone(TimePoint now, std::size_t router) const;
  [[nodiscard]] std::optional<std::size_t> addressed(Vrid vrid, const Envelope& envelope) const;
  [[nodiscard]] std::expected<Authenticity, Discard> authenticity_of(const RouterConfig& config,
                                                                     Version version,
                                                                     std::span<const std::uint8_t> packet,
                                                                     const IpAddress& source,
                                                                     Duration wall_clock);
  void add_packets(const Member& member, const RouterConfig& form, Priority priority,
                   const std::vector<IpAddress>& destinations, Duration wall_clock,
                   std::vector<Packet>& packets);
  void step(TimePoint now, std::size_t router, const Event& event, RouterActions& out);
  void follow_up(TimePoint now, std::size_t router, const Actions& actions, RouterActions& out);
  void check_for_duplicates(TimePoint now, std::size_t router, const std::optional<StateChanged>& changed,
                            RouterActions& out);
  void follow(TimePoint now, std::size_t router, const StateChanged& change, RouterActions& out);
  void claim_together(TimePoint now, std::size_t router, RouterActions& out);
  // Whoever is active and was put on a lower level by a new plan says so when its peers have that plan, too:
  // else the first of them to have it would follow, and not the best. It waits kStepsBackWithin at most.
  void hold_up(TimePoint now, std::size_t router, std::uint64_t old_generation, RouterActions& out);
  void step_back(TimePoint now, std::size_t router, RouterActions& out);
  [[nodiscard]] static int bonus_of(const Member& member);
  [[nodiscard]] HealthChanged health_of(TimePoint now, std::size_t router, bool well);
  void ask_peers(TimePoint now, std::size_t router, RouterActions& out);
  void ask(TimePoint now, std::size_t router, const IpAddress& peer, RouterActions& out);
  void help_up(TimePoint now, std::size_t router, const IpAddress& asker, const Hello& question,
               RouterActions& out);
  void answer(TimePoint now, std::size_t router, const IpAddress& asker, const Hello& question,
              RouterActions& out);
  [[nodiscard]] std::expected<Answered, Discard> answered(TimePoint now, std::size_t router,
                                                          const IpAddress& peer, const Hello& hello);
  [[nodiscard]] IfIndex way_to(const Member& member, const IpAddress& destination) const;
  void queue(std::size_t router);
  void index();  // to be called when an id has changed
  // The other routers of its sync group.
  [[nodiscard]] std::vector<std::size_t> companions(std::size_t router) const;
  [[nodiscard]] bool group_usable(std::size_t router) const;

  std::vector<Member> members_;
  std::array<std::vector<std::size_t>, 256> by_vrid_;  // those that listen to each, in their order
  Authenticator authenticator_;
  std::set<std::pair<TimePoint, std::size_t>> deadlines_;
  DiscardCounts strays_{};
  TimePoint busy_until_ = TimePoint::min();
};

}  // namespace vip::vrrp

// One virtual router's state machine (RFC 9568, 6; RFC 3768, 6), as a function of time and events:
//
//     step(now, event) -> actions
//
// Nothing here asks for the time, sends, logs or draws a random number. The caller feeds events, carries out
// the actions in order, and wakes the router at next_deadline(). Contract, checked by the tests: `now` never
// decreases; after step(now, TimerExpired) the next deadline is empty or later than `now`; a spurious
// TimerExpired does nothing; equal inputs give equal actions. Of a late turn, packets are fed before timers:
// what was heard in time counts, also when it is read late.
//
//                  Started                       down timer, owner
//   Initialize ---------------> Backup ----------------------------> Active
//        ^                       |  ^  <----------------------------   |
//        |        Stopped        |  |     a better advertisement       |
//        +-----------------------+--|----------------------------------+
//                                v  |  link down, address refused      |
//                               Fault <--------------------------------+
//
// Who hands over, to a better router or by leaving, is active no more at once, and keeps the addresses until
// the successor has them (linger.h). Who must be silent or cannot serve lets go of them at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/backoff.h"
#include "common/base/ids.h"
#include "common/base/ip_address.h"
#include "common/base/time.h"
#include "common/base/timer_table.h"
#include "vrrp/core/advertisement.h"
#include "vrrp/core/linger.h"

namespace vip::vrrp {

// When a new active router announces its addresses, counted from its claim, and how often from then on.
struct Announcements {
  std::vector<Duration> at{std::chrono::milliseconds(0), std::chrono::milliseconds(100),
                           std::chrono::milliseconds(500), std::chrono::milliseconds(1000)};
  Duration refresh = std::chrono::seconds(60);  // 0: never again
  friend bool operator==(const Announcements&, const Announcements&) = default;
};

// What two routers must agree in to understand each other.
struct WireForm {
  Version version = Version::v3;
  Vrid vrid;
  Duration interval{};  // as version 2 says it; version 3 says how often we speak
  AuthType auth_type = AuthType::none;
  AuthData auth{};
  friend bool operator==(const WireForm&, const WireForm&) = default;
};

struct RouterConfig {
  Version version = Version::v3;
  Vrid vrid;
  Priority priority;  // 1 to 254, or 255 for the owner of the addresses
  Duration advert_interval = std::chrono::milliseconds(250);
  bool preempt = true;
  // How long a lower priority is tolerated before we preempt, to which our skew is added; 0: not at all.
  Duration preempt_delay{};
  // Priorities at which a level begins, see plan::levels: whoever is to have the addresses only when
  // nobody else can is below one, whoever is to have them before all others is at one. Who follows a router
  // of a lower level takes over at once, whatever `preempt` says; but after a start preempt_delay comes
  // first.
  std::vector<Priority> levels;
  // How long to listen at the start; 0: the active-down interval.
  Duration start_wait{};
  // How long to wait at the start for a first sign of life of anybody who can be asked: who hears nobody at
  // all may be on a network that does not work yet. Counts where it is longer than start_wait.
  Duration start_grace{};
  AuthType auth_type = AuthType::none;
  AuthData auth{};
  // While a group moves from one form to another: who is active speaks in this one, too, and all understand
  // both (P6).
  std::optional<WireForm> also;
  IpAddress source;  // our address in the packets; breaks ties (RFC 9568, 6.4.3)
  std::vector<IpPrefix> addresses;
  std::vector<IpAddress> unadvertised;  // of them, those that move along and stand in no advertisement
  Announcements announcements{};
  // How long an address may outlive a dead predecessor; 0: not known. So long a successor announces.
  Duration lease{};
  std::uint64_t generation = 0;  // of the plan; who has a lower one has an older plan
  // One of several routers that move together: it says ReadyToClaim and waits for Claimed.
  bool in_group = false;
  // Of a group one router compares addresses, or IPv4 and IPv6 might each choose another owner, for ever.
  bool decides_ties = true;
  // There are peers that may be ours and can be asked: it says AskPeers and is told Answered (hello.h).
  bool asks_peers = false;
  friend bool operator==(const RouterConfig&, const RouterConfig&) = default;
};

// Those that its advertisements name, in their order.
[[nodiscard]] std::vector<IpAddress> advertised_addresses(const RouterConfig& config);

// The same router as it speaks and listens in its other form.
[[nodiscard]] RouterConfig in_form(RouterConfig config, const WireForm& form);

// Whether a person put the one priority on a higher level than the other.
[[nodiscard]] bool is_level_above(const RouterConfig& config, Priority higher, Priority lower);

enum class State : std::uint8_t { initialize, backup, active, fault };
[[nodiscard]] std::string_view name(State state);

// Why the state changed.
enum class Cause : std::uint8_t {
  started,
  stopped,
  owner,            // priority 255: active at once (RFC 9568, 6.4.1)
  silence,          // no advertisement for the active-down interval
  active_left,      // the active router said priority 0
  preemption,       // a lower priority was active
  higher_priority,  // a better router is active
  higher_address,   // as good, and its address is greater
  link_down,
  link_up,
  address_refused,  // the kernel does not take the address
  address_taken,    // another host has it, and no router speaks for it
  retry,            // and is asked again after a while
  stalled,          // we slept; others may have taken over meanwhile
  group,            // another router of its sync group did so
  one_way,          // a lower priority goes on speaking: it does not hear us
  no_preemption,    // two were active after a split, and without preemption the other one keeps it
  newer_plan,       // a peer has a newer plan than we, and we could not get it
  check_failed,     // what this host serves does not work (health.h)
  check_passed,
  count,
};
[[nodiscard]] std::string_view name(Cause cause);

// --- events -----------------------------------------------------------------------------------------------
struct Started {
  bool link_up = true;
  std::optional<IpAddress> source;  // our address, where it is known only now
};
struct Stopped {      // leave politely; a second time: at once
  int farewells = 3;  // to say while nobody follows; 0: nobody can
};
struct TimerExpired {};
struct Received {  // an advertisement that passed every check of receive_check.h
  IpAddress source;
  Priority priority;
  Duration interval{};
};
struct LinkChanged {
  bool up = true;
  std::optional<IpAddress> source;  // our address, where it is known only now or changed
  bool by_group = false;            // it is not our own link, but that of another router of the group
};
struct HealthChanged {  // what the host's checks say (health.h); in any state, also before Started
  bool well = true;     // else it serves nobody: it leaves politely, and waits in a fault
  int bonus = 0;        // to the priority, which stays within 1 to 254; an owner has none
  bool link_up = true;  // as of now
  int farewells = 3;    // as in Stopped
};
struct Stalled {                // is_stalled() was true at the begin of a turn
  bool addresses_kept = false;  // and yet the kernel cannot have dropped any of ours
};
struct AddressesHeld {};     // the kernel has all of HoldAddresses
struct AddressesRefused {};  // and it does not
struct ForeignOwner {        // somebody else announced one of the addresses
  IpAddress address;
};
struct AddressTaken {               // somebody has one of the addresses, and no active router was heard
  std::optional<IpAddress> member;  // whose MAC it is, where that is a peer's
};
struct Claimed {};      // all routers of the group are ready to claim
struct Yielded {        // a router of the group yielded to a better one
  bool leaves = false;  // or handed over to whoever wants it
};
struct Reconfigured {  // other settings of the same router: its state goes on
  RouterConfig config;
};
struct Answered {  // a peer of ours answered our question
  IpAddress source;
  State state = State::backup;
  Priority priority;
  Duration interval{};
  Duration active_for{};                   // as it says; 0 unless active
  std::optional<IpAddress> active_router;  // as far as it knows
  unsigned contacts = 0;                   // peers that it had contact with in the last while
  unsigned our_contacts = 0;               // and we
  bool has_newer_plan = false;
  bool came_back = false;  // it had left an earlier question without an answer
  // With it every peer of the plan has answered, or every one of those that answered before, and nobody is
  // active or knows of another than us.
  bool plan_is_quiet = false;
  bool known_are_quiet = false;
};
using Event =
    std::variant<Started, Stopped, TimerExpired, Received, LinkChanged, HealthChanged, Stalled, AddressesHeld,
                 AddressesRefused, AddressTaken, ForeignOwner, Claimed, Yielded, Reconfigured, Answered>;

// --- actions ----------------------------------------------------------------------------------------------
struct SendAdvertisement {
  Priority priority;
  friend bool operator==(const SendAdvertisement&, const SendAdvertisement&) = default;
};
struct HoldAddresses {  // the level: make the kernel hold desired_addresses(), answer AddressesHeld/Refused
  friend bool operator==(const HoldAddresses&, const HoldAddresses&) = default;
};
struct ReleaseAddresses {  // the level: hold none
  friend bool operator==(const ReleaseAddresses&, const ReleaseAddresses&) = default;
};
struct ReleaseAddress {  // one of those that are kept for a successor
  IpPrefix prefix;
  LingerEnd how = LingerEnd::announced;
  friend bool operator==(const ReleaseAddress&, const ReleaseAddress&) = default;
};
struct HandedOver {  // of the addresses that were kept for a successor the last one goes
  LingerEnd how = LingerEnd::announced;
  Duration after{};
  friend bool operator==(const HandedOver&, const HandedOver&) = default;
};
struct AnnounceAddresses {  // gratuitous ARP for each address
  friend bool operator==(const AnnounceAddresses&, const AnnounceAddresses&) = default;
};
struct StateChanged {
  State from = State::initialize;
  State to = State::initialize;
  Cause cause = Cause::started;
  std::optional<IpAddress> peer;  // whose advertisement it was, where one was the cause
  friend bool operator==(const StateChanged&, const StateChanged&) = default;
};
struct ReadyToClaim {  // in a group: nobody better is heard; to be answered with Claimed when all are ready
  friend bool operator==(const ReadyToClaim&, const ReadyToClaim&) = default;
};
struct AskPeers {                 // who they are and what they know; to be answered with Answered
  std::optional<IpAddress> only;  // nobody else, and at once
  friend bool operator==(const AskPeers&, const AskPeers&) = default;
};
enum class HelloKind : std::uint8_t { question = 1, answer = 2 };
struct SendHello {  // what becomes of AskPeers, and of others' questions (router_set.h)
  HelloKind kind = HelloKind::question;
  IpAddress to;
  std::uint64_t ticket = 0;
  std::optional<Vrid> vrid;  // by which the asker knows us, if not by our first
  friend bool operator==(const SendHello&, const SendHello&) = default;
};
struct Unheard {  // an active router lives and serves, and its advertisements do not arrive
  IpAddress peer;
  friend bool operator==(const Unheard&, const Unheard&) = default;
};
struct IntervalChanged {  // in the same state: that we speak or wait by; nothing to do, but to remember (P11)
  friend bool operator==(const IntervalChanged&, const IntervalChanged&) = default;
};
struct ProbeAddresses {  // ask the LAN who has them; whoever answers is AddressTaken (duplicate_check.h)
  friend bool operator==(const ProbeAddresses&, const ProbeAddresses&) = default;
};
using Action = std::variant<SendAdvertisement, HoldAddresses, ReleaseAddresses, ReleaseAddress,
                            AnnounceAddresses, StateChanged, HandedOver, ReadyToClaim, AskPeers, SendHello,
                            Unheard, IntervalChanged, ProbeAddresses>;
using Actions = std::vector<Action>;

// `resume`: after a stall as active, silent until the peers had time to object; `farewell`: to say priority 0
// once more; `linger`: an address is let go; `doubt`: whether the active router lives, or the one before us
// (P22).
enum class Timer : std::uint8_t {
  down,
  advert,
  resume,
  preempt_delay,
  announce,
  defend,
  retry,
  farewell,
  linger,
  doubt,
  count
};

// Skew_Time (RFC 9568, 6.1; RFC 3768, 6.1): of the active router's interval, in version 2 of one second.
[[nodiscard]] Duration skew_time(Version version, Priority priority, Duration active_interval);
// Active_Down_Interval: three intervals and the skew.
[[nodiscard]] Duration active_down_interval(Version version, Priority priority, Duration active_interval);

// The active router that was heard last, or said in an answer that it is active (P22).
struct Speaker {
  IpAddress source;
  Duration interval{};
  TimePoint heard;
  bool unheard = false;  // it answers and was silent since
  friend bool operator==(const Speaker&, const Speaker&) = default;
};

// What a router knows beside its settings, so that another process on this host can go on from there: after a
// crash, or as its successor (VirtualRouter::resume). All times are of the host's one clock. Left out is what
// is over within an interval: a contest, and the wait for its verdict.
struct RouterMemory {
  TimePoint as_of;  // when it was true

  // Of the settings at that time; what differs now comes to the router as Reconfigured.
  Duration advert_interval{};
  std::vector<IpPrefix> addresses;
  std::uint64_t generation = 0;

  State state = State::initialize;
  TimerTable<Timer> timers;
  Duration active_interval{};
  std::optional<IpAddress> active_router;
  bool active_left = false;
  TimePoint last_advert;
  std::optional<TimePoint> active_since;
  std::size_t announced = 0;
  TimePoint announce_often_until;
  Cause claim_cause = Cause::started;
  int adverts_at_old_pace = 0;
  Duration old_pace{};
  TimePoint preempt_again_at;
  std::optional<IpAddress> deaf;
  bool listening = false;
  bool heard_anybody = false;
  bool taken = false;
  TimePoint settled_at;
  std::set<IpAddress> kin;
  // Since when a peer is known to have a newer plan, and when it said so last.
  std::optional<std::pair<TimePoint, TimePoint>> newer_plan;
  std::optional<Speaker> speaker;
  bool well = true;
  int bonus = 0;
};

class VirtualRouter {
 public:
  explicit VirtualRouter(RouterConfig config);

  [[nodiscard]] Actions step(TimePoint now, const Event& event);
  [[nodiscard]] RouterMemory memory(TimePoint now) const;
  // Instead of Started: goes on where another process stopped that was last known to live at `as_of`. Its
  // deadlines from before that are out of date and made anew, and where the memory is older, what it may have
  // heard since is taken for heard. Without a state change where that is safe: P11:
  // as active for two intervals. Who was gone for longer has Stalled, with `addresses_kept` as there.
  [[nodiscard]] Actions resume(TimePoint now, const RouterMemory& memory, TimePoint as_of,
                               bool addresses_kept);
  [[nodiscard]] std::optional<Deadline<Timer>> next_deadline() const { return timers_.next(); }

  [[nodiscard]] const RouterConfig& config() const { return config_; }
  [[nodiscard]] State state() const { return state_; }
  // What the kernel should hold now: all while active, afterwards what is kept for a successor.
  [[nodiscard]] std::vector<IpPrefix> desired_addresses() const;
  [[nodiscard]] bool is_lingering() const { return !linger_.empty(); }
  // The active router as far as known: ourselves, or the last sender believed.
  [[nodiscard]] std::optional<IpAddress> active_router() const { return active_router_; }
  // Whether we slept so long that the others may have acted without us: while active, since our last
  // advertisement; else since a deadline of ours, and sooner where peers can be asked what we missed. To be
  // asked before anything is fed in a turn. `busy_until`: so long the caller was at work, not asleep.
  [[nodiscard]] bool is_stalled(TimePoint now, TimePoint busy_until = TimePoint::min()) const;
  // In a group: whether it waits for the others.
  [[nodiscard]] bool is_ready() const { return ready_; }
  // How long it has been active with its addresses; zero when it is not, or asks whether it still is.
  [[nodiscard]] Duration active_for(TimePoint now) const;
  // Whether the host's checks let it serve.
  [[nodiscard]] bool is_well() const { return well_; }
  // Whether a living peer has a newer plan.
  [[nodiscard]] bool is_outdated(TimePoint now) const;

 private:
  void on(TimePoint now, const Started& event, Actions& out);
  void on(TimePoint now, const Stopped& event, Actions& out);
  void on(TimePoint now, const TimerExpired& event, Actions& out);
  void on(TimePoint now, const Received& event, Actions& out);
  void on(TimePoint now, const LinkChanged& event, Actions& out);
  void on(TimePoint now, const HealthChanged& event, Actions& out);
  void on(TimePoint now, const Stalled& event, Actions& out);
  void on(TimePoint now, const AddressesHeld& event, Actions& out);
  void on(TimePoint now, const AddressesRefused& event, Actions& out);
  void on(TimePoint now, const AddressTaken& event, Actions& out);
  void on(TimePoint now, const ForeignOwner& event, Actions& out);
  void on(TimePoint now, const Claimed& event, Actions& out);
  void on(TimePoint now, const Yielded& event, Actions& out);
  void on(TimePoint now, const Reconfigured& event, Actions& out);
  void on(TimePoint now, const Answered& event, Actions& out);

  void received_as_backup(TimePoint now, const Received& advert);
  void received_as_active(TimePoint now, const Received& advert, Actions& out);
  void answered_as_backup(TimePoint now, const Answered& answer, Actions& out);
  void answered_as_active(TimePoint now, const Answered& answer, Actions& out);
  void expired(TimePoint now, Timer timer, Actions& out);

  void claim(TimePoint now, Cause cause, Actions& out);
  void become_backup(TimePoint now, Duration wait, Cause cause, const Received* better, Actions& out);
  void become_active(TimePoint now, Cause cause, Actions& out);
  void become_fault(TimePoint now, Cause cause, Actions& out);
  void try_again_later(TimePoint now);
  void listen_or_own(TimePoint now, Cause cause, Actions& out);
  void change_state(State to, Cause cause, std::optional<IpAddress> peer, Actions& out);

  void keep_for_successor(TimePoint now, TimePoint nobody_by, const Received* successor, Actions& out);
  void heard_speaker(TimePoint now, const IpAddress& source, Duration interval);
  void resolve_doubt(TimePoint now, Actions& out);
  [[nodiscard]] bool is_silent_speaker(TimePoint now, const Answered& answer) const;
  void leave_it_to_unheard(TimePoint now, const Answered& answer, Actions& out);
  void forget_speaker();
  void doubt_predecessor(TimePoint now);

  void successor_spoke(TimePoint now, Actions& out);
  void release_due(TimePoint now, Actions& out);
  void release_all(TimePoint now, Actions& out);
  void leave(TimePoint now, State to, Cause cause, int farewells, Actions& out);
  void say_farewell(TimePoint now, Actions& out);

  void bring_timers_up_to_date(TimePoint now, TimePoint as_of, bool is_fresh);
  void speak(TimePoint now, Actions& out);
  // RFC 9568, 6.4.3: of two active routers the one that stays.
  [[nodiscard]] bool beats_us(Priority priority, const IpAddress& source) const;
  void yield(TimePoint now, const Received& winner, Cause cause, Actions& out);
  void resume(TimePoint now, Actions& out);
  void answer_loser(TimePoint now, Actions& out);
  [[nodiscard]] bool waits_for_verdict(TimePoint now, const Received& winner, Actions& out);
  [[nodiscard]] bool keeps_it(TimePoint now, const Answered& loser) const;
  [[nodiscard]] bool is_established(TimePoint now) const;
  void note_newer_plan(TimePoint now);
  [[nodiscard]] bool is_unheard(TimePoint now, const Received& loser);
  void defend(TimePoint now);
  void begin_announcing(TimePoint now, Actions& out);
  void announce(TimePoint now, Actions& out);
  void learn_interval(Duration interval);
  [[nodiscard]] Duration pace() const;  // between our advertisements
  // That we wait by, and that we speak by.
  [[nodiscard]] std::pair<Duration, Duration> intervals() const {
    return {active_interval_, state_ == State::active ? pace() : Duration::zero()};
  }
  [[nodiscard]] Priority weighed_priority() const;
  [[nodiscard]] Duration down_interval() const;
  [[nodiscard]] Duration skew() const;

  RouterConfig config_;
  Priority base_priority_;  // without the checks' bonus
  int bonus_ = 0;
  bool well_ = true;
  State state_ = State::initialize;
  TimerTable<Timer> timers_;
  Duration active_interval_;
  std::optional<IpAddress> active_router_;
  std::optional<IpAddress> outvoted_;  // of a lower priority: it speaks, and the down timer runs on
  bool active_left_ = false;           // the running down timer was shortened by a priority 0
  TimePoint last_advert_;              // when we last advertised; only meaningful while active and speaking
  std::size_t announced_ = 0;          // announcements of the burst already made
  TimePoint announce_often_until_;     // a silent predecessor may still answer for the addresses
  Cause claim_cause_ = Cause::started;
  bool ready_ = false;           // in a group: waits for Claimed
  int adverts_at_old_pace_ = 0;  // still to say before a longer interval counts (see Reconfigured)
  Duration old_pace_{};
  struct Contest {  // a lower priority that goes on speaking although we do
    IpAddress loser;
    TimePoint began;
    TimePoint last;
    TimePoint spoke;  // when it can have heard us first
  };
  std::optional<Contest> contest_;
  TimePoint preempt_again_at_;              // after a contest that we gave up
  std::optional<IpAddress> deaf_;           // who did not hear us in it
  bool listening_ = false;                  // since the start or a stall, and nobody was heard yet
  bool heard_anybody_ = false;              // since the start: the network works
  std::optional<TimePoint> without_grace_;  // so long to listen as soon as somebody is heard
  bool taken_ = false;                      // the addresses, by another host
  TimePoint settled_at_;                    // from then on a person's word counts at once
  std::optional<TimePoint> active_since_;   // with the addresses
  std::set<IpAddress> kin_;                 // answered a hello once: they know our rules
  // Since when we wait, after a split, for a better router that may leave it to us.
  std::optional<TimePoint> verdict_since_;
  struct NewerPlan {
    TimePoint first;
    TimePoint last;
  };
  std::optional<NewerPlan> newer_plan_;
  Backoff one_way_;
  Backoff retry_;
  std::optional<Speaker> speaker_;  // while backup
  Linger linger_;
  int farewells_left_ = 0;
};

}  // namespace vip::vrrp

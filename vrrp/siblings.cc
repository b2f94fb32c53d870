#include "vrrp/siblings.h"

#include <algorithm>
#include <utility>

#include <sys/random.h>
#include <sys/socket.h>

#include "common/base/text.h"
#include "common/sys/log.h"
#include "common/sys/posix.h"
#include "vrrp/sys/abstract_socket.h"

namespace vip::vrrp {
namespace {

using namespace std::chrono_literals;
using Kind = SiblingFrame::Kind;

constexpr std::string_view kPrefix = "swarm-vip/charge/";
constexpr std::size_t kNameMax = 100;
constexpr std::size_t kLinesMax = 16;
constexpr Duration kProveWithin = 2s;  // who comes to us
constexpr Duration kFlushAgain = 2ms;
constexpr int kReachTries = 3;
constexpr int kAcceptsPerTurn = 4;
constexpr std::uint16_t kLoopbackPort = 9111;
constexpr Duration kUnfitKnownFor = 10min;  // the Swarm has taken the update back long before
constexpr std::size_t kWhyMax = 500;

std::uint64_t random_number() {
  std::uint64_t number = 0;
  while (::getrandom(&number, sizeof(number), 0) != sizeof(number)) continue;  // only a signal disturbs it
  return number;
}

// Ports of loopback can be relayed from host to host: a proof that is good here must not be good elsewhere.
std::string host_identity() {
  constexpr std::size_t kIdentityMax = 100;
  return sys::read_file("/proc/sys/kernel/random/boot_id", kIdentityMax).value_or("");
}

}  // namespace

StartOrder start_order(TimePoint started) {
  return {.started = started, .nonce = random_number()};
}

Siblings::Siblings(sys::EventLoop& loop, SiblingSettings settings, ChargeHooks hooks)
    : loop_(loop),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      charge_(settings_.charge),
      name_((std::string(kPrefix) + settings_.group).substr(0, kNameMax)),
      place_{.address = loopback_address(name_), .port = kLoopbackPort},
      host_(host_identity()),
      timer_(loop.timer([this] { on_timer(); })) {}

Siblings::~Siblings() = default;

// --- the core ---------------------------------------------------------------------------------------------

// Actions may bring new events: those come after them.
void Siblings::feed(const charge::Event& event) {
  events_.push_back(event);
  if (std::exchange(running_, true)) return;
  const auto before = charge_.standing();
  while (!events_.empty()) {
    const auto next = events_.front();
    events_.pop_front();
    for (const auto& action : charge_.step(loop_.now(), next)) {
      std::visit([this](const auto& what) { carry_out(what); }, action);
    }
  }
  running_ = false;
  const auto after = charge_.standing();
  if (before != after) tell(after);
  if (after != Standing::gone) arm();
}

// What lasts a moment is for who looks closely. That it came to nothing, and we are what we were, is not.
void Siblings::tell(Standing after) {
  const bool passes = after == Standing::handing || after == Standing::taking || after == Standing::gone;
  const std::string why = !why_.empty() ? why_ : after == told_ ? "the hand-over came to nothing" : "-";
  log::write(passes ? log::Level::debug : log::Level::info, "charge",
             {{"group", settings_.group},
              {"from", std::string(name(told_))},
              {"to", std::string(name(after))},
              {"why", why}});
  if (!passes) told_ = after;
}

void Siblings::on_timer() {
  for (const auto& [id, line] : lines_) {
    if (!line->closed && !line->wire.flush()) line->closed = true;
    if (line->incoming && !line->met && loop_.now() - line->since > kProveWithin) line->closed = true;
  }
  tidy_up();
  feed(charge::TimerExpired{});
}

void Siblings::arm() {
  std::optional<TimePoint> when;
  const auto consider = [&](TimePoint other) { when = std::min(when.value_or(other), other); };
  if (const auto deadline = charge_.next_deadline()) consider(deadline->when);
  for (const auto& [id, line] : lines_) {
    if (!line->wire.is_flushed() || line->closed) consider(loop_.now() + kFlushAgain);
    if (line->incoming && !line->met) consider(line->since + kProveWithin + 1ms);
  }
  when ? timer_.set(*when) : timer_.stop();
}

// --- actions ----------------------------------------------------------------------------------------------

void Siblings::carry_out(const charge::Reach& /*action*/) {
  for (int i = 0; i < kReachTries; ++i) {
    auto taken = take_name();
    if (taken) {
      hold_name(*std::move(taken));
      why_.clear();
      events_.emplace_back(charge::NameTaken{});
      return;
    }
    why_ = taken.error().context;
    if (taken.error().code != Errc::conflict) break;
    auto connected = connect_to_name();
    if (connected) return add_line(*std::move(connected), way_, /*incoming=*/false);
    why_ = connected.error().context;
    if (connected.error().code != Errc::not_found) break;
    if (i + 1 == kReachTries) {  // whoever has it is about to go
      events_.emplace_back(charge::HungUp{});
      return;
    }
  }
  events_.emplace_back(charge::Unreachable{});
}

void Siblings::carry_out(const charge::Send& action) {
  const auto found = lines_.find(action.to.value);
  if (found == lines_.end() || found->second->closed) return;
  auto& line = *found->second;
  SiblingFrame frame{.kind = Kind::message, .message = action.message};
  std::vector<int> descriptors;
  switch (action.message.word) {
    case Word::ready:
      frame.state = remembered_;
      break;
    case Word::mirror:
      if (!line.wire.is_flushed()) return;  // the next one says more
      frame.state = hooks_.state();
      break;
    case Word::committed:
      if (line.way == Way::loopback) {  // they must be free before it looks
        close_name();
        hooks_.close_belongings();
        break;
      }
      frame.carries.emplace_back("name");
      descriptors.push_back(listener_.get());
      for (const auto& [name, fd] : hooks_.belongings()) {
        frame.carries.push_back(name);
        descriptors.push_back(fd);
      }
      break;
    case Word::ask:
      if (!may_ask(line)) {
        unasked_ = action;  // until the next mirror
        return;
      }
      break;
    case Word::commit:
    case Word::abort:
      break;
  }
  say(line, frame, descriptors);
}

// A plan may ask for what is not on this host. Who works keeps the charge then, and Swarm learns that the new
// agent does not get healthy.
bool Siblings::may_ask(Line& above) {
  const auto fitness = remembered_.empty() ? Fitness() : hooks_.fitness(remembered_);
  const bool unfit = fitness.grade == Fitness::Grade::unfit;
  const auto said = std::exchange(unfit_, unfit ? fitness.why : "");
  if (fitness.grade == Fitness::Grade::fit) return true;
  why_ = fitness.why;
  if (unfit && said != why_) {
    if (said.empty()) log::warning("unfit", {{"group", settings_.group}, {"why", why_}});
    say(above, {.kind = Kind::unfit, .why = why_});
  }
  return false;
}

std::string Siblings::why_no_heir() const {
  const bool is_known = no_heir_ && loop_.now() - no_heir_->at < kUnfitKnownFor;
  return is_known ? no_heir_->why : std::string();
}

void Siblings::carry_out(const charge::Close& action) {
  const auto found = lines_.find(action.sibling.value);
  if (found == lines_.end()) return;
  found->second->reported = true;
  found->second->closed = true;
}

void Siblings::carry_out(const charge::FallSilent& /*action*/) {
  hooks_.fall_silent();
  remembered_ = hooks_.state();
}

void Siblings::carry_out(const charge::GoOn& /*action*/) const {
  hooks_.go_on();
}

void Siblings::carry_out(const charge::TakeCharge& /*action*/) {
  why_.clear();
  hooks_.take_charge(remembered_);
}

void Siblings::carry_out(const charge::GiveUpCharge& /*action*/) {
  no_heir_.reset();
  close_name();
  for (const auto& [id, line] : lines_) {
    if (line->incoming && !line->met) line->closed = true;  // it shall ask the next one
  }
  hooks_.give_up_charge();
}

void Siblings::carry_out(const charge::LeavePolitely& /*action*/) const {
  hooks_.leave_politely();
}

void Siblings::carry_out(const charge::Exit& /*action*/) const {
  hooks_.exit();
}

// --- lines ------------------------------------------------------------------------------------------------

// Who takes the name one way looks then whether somebody has it the other way: one of two at once sees the
// other.
Result<sys::UniqueFd> Siblings::take_name() {
  way_ = Way::unix_socket;
  auto taken = listen_abstract(name_);
  if (taken) {
    VIP_TRY(const auto others, loopback_listeners(place_.port));
    if (std::ranges::count(others, place_.address) == 0) return taken;
    way_ = Way::loopback;
    return fail(Errc::conflict, "an agent without unix sockets is in charge");
  }
  if (!is_unix_denial(taken.error())) return taken;
  way_ = Way::loopback;
  auto stand_in = listen_loopback(place_);
  if (!stand_in) return stand_in;
  VIP_TRY(const auto others, abstract_listeners(name_));
  if (std::ranges::count(others, name_) == 0) return stand_in;
  return within("another agent is in charge and cannot be asked", taken.error());
}

Result<sys::UniqueFd> Siblings::connect_to_name() const {
  return way_ == Way::loopback ? connect_loopback(place_) : connect_abstract(name_);
}

void Siblings::close_name() {
  accepting_ = {};
  listener_.reset();
}

void Siblings::hold_name(sys::UniqueFd listener) {
  listener_ = std::move(listener);
  accepting_ = loop_.on_readable(listener_.get(), [this] { on_accept(); });
}

void Siblings::on_accept() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sys::UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd.valid()) break;
    if (lines_.size() < kLinesMax) add_line(std::move(fd), way_, /*incoming=*/true);
  }
  tidy_up();
  arm();
}

void Siblings::add_line(sys::UniqueFd fd, Way way, bool incoming) {
  const auto id = next_line_++;
  auto& line = *lines_.emplace(id, std::make_unique<Line>(std::move(fd), way, incoming)).first->second;
  line.since = loop_.now();
  line.challenge = std::to_string(random_number()) + "-" + std::to_string(random_number());
  line.watch = loop_.on_readable(line.wire.fd(), [this, id] { on_readable(id); });
  if (way == Way::loopback && settings_.keys.empty())
    return refuse(line, "without a key of the group nobody can prove it over TCP");
  if (way == Way::unix_socket && !line.wire.is_own_user()) return refuse(line, "it belongs to another user");
  say(line, {.kind = Kind::hello,
             .challenge = line.challenge,
             .order = settings_.charge.order,
             .has_keys = !settings_.keys.empty()});
}

void Siblings::on_readable(std::uint64_t id) {
  auto& line = *lines_.at(id);
  const bool open = line.wire.receive([&](const std::string& text, std::vector<sys::UniqueFd> descriptors) {
    if (!line.closed) on_frame(id, text, std::move(descriptors));
  });
  if (!open) line.closed = true;
  tidy_up();
  arm();
}

void Siblings::tidy_up() {
  std::vector<charge::Event> lost;
  for (auto at = lines_.begin(); at != lines_.end();) {
    const auto& line = *at->second;
    if (!line.closed) {
      ++at;
      continue;
    }
    if (line.reported) {
      // nothing is owed
    } else if (line.met) {
      lost.emplace_back(charge::Lost{SiblingId{at->first}});
    } else if (!line.incoming) {
      lost.emplace_back(charge::HungUp{});
    }
    at = lines_.erase(at);
  }
  for (const auto& event : lost) feed(event);
}

void Siblings::say(Line& line, const SiblingFrame& frame, const std::vector<int>& descriptors) {
  if (line.closed) return;
  if (!line.wire.send(to_json(frame), descriptors)) line.closed = true;
}

// Whoever has the name and is no sibling may be in charge all the same.
void Siblings::refuse(Line& line, const std::string& why) {
  say(line, {.kind = Kind::reject, .why = why});
  line.closed = true;
  if (line.incoming || line.met) return;
  line.reported = true;
  why_ = "whoever is in charge is no sibling: " + why;
  feed(charge::Unreachable{});
}

SiblingChallenge Siblings::challenge(const Line& line, bool of_other) const {
  const bool listener = line.incoming != of_other;
  return {.prover = listener ? SiblingSide::listener : SiblingSide::connector,
          .group = settings_.group,
          .host = line.way == Way::loopback ? host_ : std::string_view(),
          .of_verifier = of_other ? line.challenge : line.hello->challenge,
          .of_prover = of_other ? line.hello->challenge : line.challenge};
}

void Siblings::on_frame(std::uint64_t id, const std::string& text, std::vector<sys::UniqueFd> descriptors) {
  auto& line = *lines_.at(id);
  auto frame = read_sibling_frame(text);
  if (!frame) return refuse(line, frame.error().context);
  switch (frame->kind) {
    case Kind::hello:
      return on_hello(line, *std::move(frame));
    case Kind::proof:
      return on_proof(id, line, *frame);
    case Kind::reject:
      return refuse(line, frame->why);
    case Kind::unfit:
      if (line.met && line.incoming)
        no_heir_ = {.why = printable(frame->why.substr(0, kWhyMax)), .at = loop_.now()};
      return;
    case Kind::message:
      if (line.met) on_message(id, *frame, std::move(descriptors));
      return;
    case Kind::other:
      return;  // of a later version
  }
}

void Siblings::on_hello(Line& line, SiblingFrame frame) {
  if (line.hello) return;
  line.hello = std::move(frame);
  const bool needs_key = settings_.insists_on_key || line.way == Way::loopback;
  if (needs_key && !line.hello->has_keys) return refuse(line, "it has no key of the group");
  say(line, {.kind = Kind::proof, .proofs = sibling_proofs(settings_.keys, challenge(line, false))});
}

void Siblings::on_proof(std::uint64_t id, Line& line, const SiblingFrame& frame) {
  if (!line.hello || line.met) return;
  const bool both_have_keys = !settings_.keys.empty() && line.hello->has_keys;
  if (both_have_keys && !is_proven(frame.proofs, settings_.keys, challenge(line, true)))
    return refuse(line, "it has another key");
  line.met = true;
  if (!line.incoming) why_ = "another agent of this host is in charge";
  feed(charge::Met{.sibling = {id}, .order = line.hello->order, .incoming = line.incoming});
}

void Siblings::on_message(std::uint64_t id, SiblingFrame& frame, std::vector<sys::UniqueFd> descriptors) {
  auto& message = frame.message;
  if (message.word == Word::ready || message.word == Word::mirror) {
    message.sound = hooks_.can_read(frame.state);
    if (message.sound && !listener_.valid()) remembered_ = std::move(frame.state);
    if (const auto ask = std::exchange(unasked_, std::nullopt)) carry_out(*ask);
  }
  if (message.word == Word::committed) {
    for (std::size_t i = 0; i < std::min(descriptors.size(), frame.carries.size()); ++i) {
      if (frame.carries[i] == "name") {
        hold_name(std::move(descriptors[i]));
        message.sound = true;
      } else {
        hooks_.adopt(frame.carries[i], std::move(descriptors[i]));
      }
    }
  }
  feed(charge::Heard{.sibling = {id}, .message = message});
}

}  // namespace vip::vrrp

#!/usr/bin/env python3
"""Breaks the protocol core on purpose, one rule at a time, and shows which of our tests notice.

    tests/sim/mutants.py [--list] [NAME...]

Each break is a textual replacement that must apply exactly once. It is built in a scratch copy of the commit at
hand (a git worktree in a temporary folder, removed at the end) and judged by the unit tests, the scenarios, the
random histories without the model, and those with it. Exit status 1 when a break passes all of them, when fewer
than SIMULATOR_MIN are caught by the simulator, or when one does not apply any more: then it wants to be rewritten.
"""

import argparse
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PRESET = "release"
SIMULATOR_MIN = 5
UNIT_TESTS = ["vrrp_virtual_router_test", "vrrp_receive_check_test", "vrrp_authentication_test",
              "vrrp_acquaintances_test", "vrrp_hello_test", "vrrp_linger_test", "vrrp_router_set_test",
              "vrrp_memory_test"]
TARGETS = [*UNIT_TESTS, "scenario_test", "charge_test", "sim"]
ROUTER = "vrrp/core/virtual_router.cc"
LEAVING = "vrrp/core/virtual_router_leaving.cc"
MEMORY = "vrrp/core/virtual_router_memory.cc"
LINGER = "vrrp/core/linger.cc"
CHECK = "vrrp/core/receive_check.cc"
AUTHENTICATION = "vrrp/core/authentication.cc"
SET = "vrrp/core/router_set.cc"
ACQUAINTANCES = "vrrp/core/acquaintances.cc"
CHARGE = "vrrp/core/charge.cc"
DUPLICATES = "vrrp/core/duplicate_check.cc"


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    old: str
    new: str


MUTANTS = [
    Mutant("two intervals of silence are enough", ROUTER,
           "return 3 * active_interval + skew_time(", "return 2 * active_interval + skew_time("),
    Mutant("no skew", ROUTER,
           "return unit * (256 - priority.value) / 256;", "return unit * (256 - priority.value) / 256 * 0;"),
    Mutant("version 2 takes its skew of the interval", ROUTER,
           "version == Version::v2 ? Duration(1s) : active_interval", "active_interval"),
    Mutant("the lower address wins", ROUTER,
           "config_.decides_ties && source > config_.source", "config_.decides_ties && source < config_.source"),
    Mutant("equal priorities are not decided", ROUTER,
           "return config_.decides_ties && source > config_.source;", "return false;"),
    Mutant("priority 0 is not heard in backup", ROUTER,
           "const auto skewed = now + skew() + (", "const auto skewed = now + down_interval() + ("),
    Mutant("priority 0 said again postpones", ROUTER,
           "if (!running || skewed < *running) timers_.set(Timer::down, skewed);", "timers_.set(Timer::down, skewed);"),
    Mutant("leaves without a word", LEAVING,
           "    say_farewell(now, out);\n    return;", "    return;"),
    Mutant("lets go when it leaves, not when somebody follows", LEAVING,
           "if (speaking && event.farewells > 0) {", "if (speaking && event.farewells > 99) {"),
    Mutant("says priority 0 again and again", LEAVING,
           "skew_time(config.version, Priority(1), config.advert_interval) + kFarewellSlack",
           "(void)config, kFarewellSlack"),
    Mutant("goes on taking leave when somebody follows", LEAVING,
           "  timers_.stop(Timer::farewell);\n  linger_.advertised(now);", "  linger_.advertised(now);"),
    Mutant("lets go on the advertisement", LINGER,
           "*advertised_ + kAfterAdvertisement", "*advertised_"),
    Mutant("hears no announcement", LINGER,
           "std::max(heard->second, *advertised_) + kSettle", "*advertised_ + kAfterAdvertisement"),
    Mutant("waits for ever for a successor", LINGER,
           "nobody_by_ = std::min(nobody_by, now + kLongest);", "nobody_by_ = TimePoint::max();"),
    Mutant("a successor may have announced long ago", LINGER,
           "now - entry.second > kRecent", "now - entry.second > Duration::max()"),
    Mutant("keeps the addresses without a link", ROUTER,
           "  if (!event.up) release_all(now, out);\n", ""),
    Mutant("keeps the addresses for a second signal", LEAVING,
           "  if (state_ == State::initialize) {\n    release_all(now, out);\n", "  if (state_ == State::initialize) {\n"),
    Mutant("yields without a last word", ROUTER,
           "if (timers_.armed(Timer::advert)) out.emplace_back(SendAdvertisement{config_.priority});\n"
           "    const bool higher", "const bool higher"),
    Mutant("keeps the address when it slept", ROUTER,
           "  } else if (was_active) {\n    out.emplace_back(ReleaseAddresses{});\n", "  } else if (was_active) {\n"),
    Mutant("lets go when it yields, not when the winner has it", ROUTER,
           "  if (hands_over) {\n", "  if (hands_over && cause == Cause::count) {\n"),
    Mutant("speaks before it has the address", ROUTER,
           "out.emplace_back(HoldAddresses{});\n}\n\nvoid VirtualRouter::become_fault",
           "out.emplace_back(HoldAddresses{});\n  out.emplace_back(SendAdvertisement{config_.priority});\n}\n\n"
           "void VirtualRouter::become_fault"),
    Mutant("no preemption is no matter", ROUTER,
           "if (!lower || !preempts || stays_ready) {", "if (!lower || stays_ready) {"),
    Mutant("a better one does not end the wait to preempt", ROUTER,
           "    timers_.stop(Timer::preempt_delay);\n  } else {", "  } else {"),
    Mutant("preempts without its skew", ROUTER,
           "std::min(due, now + delay + skew())", "std::min(due, now + delay)"),
    Mutant("a level counts for nothing", ROUTER,
           "const bool wants = config_.preempt || asked;", "const bool wants = config_.preempt;"),
    Mutant("a level waits for the preempt delay", ROUTER,
           "const bool hurries = asked && may_preempt && follows && now >= settled_at_;", "const bool hurries = false;"),
    Mutant("a level does not wait after a start", ROUTER,
           "const bool hurries = asked && may_preempt && follows && now >= settled_at_;", "const bool hurries = asked && may_preempt && follows;"),
    Mutant("a level is obeyed at a last word", ROUTER,
           "const bool follows = active_router_ == advert.source;", "const bool follows = true;"),
    Mutant("P27: who is drained asks who had it for longer", ROUTER,
           " &&\n                    !is_level_above(config_, winner.priority, config_.priority);", ";"),
    Mutant("a sleeper goes on as the owner", ROUTER,
           "    become_backup(now, down_interval(), Cause::stalled, nullptr, out);\n    return;\n", "    return;\n"),
    Mutant("answers every loser", ROUTER,
           "now - last_advert_ >= pace() / 2", "now - last_advert_ >= Duration::zero()"),
    Mutant("version 2 answers losers", ROUTER,
           "if (config_.version == Version::v3 && now - last_advert_", "if (now - last_advert_"),
    Mutant("does not learn the interval", ROUTER,
           "if (config_.version == Version::v3 || config_.also) active_interval_ = interval;", "(void)interval;"),
    Mutant("P6: waits by its own interval beside one of the other form", ROUTER,
           "config_.version == Version::v3 || config_.also", "config_.version == Version::v3"),
    Mutant("P6: speaks in its first form only", SET,
           "  if (config.also)\n    add_packets(", "  if (false)\n    add_packets("),
    Mutant("P6: hears its first form only", SET,
           "if (!of_other || why == Discard::vrid) why = of_other;", "(void)of_other;"),
    Mutant("P6: under another id it starts anew", SET,
           "memory.vrid == now.vrid || memory.also_vrid == now.vrid ||", "memory.vrid == now.vrid ||"),
    Mutant("P6: of two keys with one id only the first is believed", AUTHENTICATION,
           "if (key.id != trailer[1]) return false;", "if (&key != &keys_.front()) return false;"),
    Mutant("obeys the priority 0 of whoever lost", ROUTER,
           "if (active_router_ && *active_router_ != advert.source && !active_left_) return;", ""),
    Mutant("an owner respects no preemption", ROUTER,
           "const bool preempts = owner || may_preempt;", "const bool preempts = may_preempt;"),
    Mutant("an owner asks nobody", ROUTER,
           ": become_active(now, Cause::owner, out);\n    if (config_.asks_peers)",
           ": become_active(now, Cause::owner, out);\n    if (false)"),
    Mutant("another interval is not to be remembered", ROUTER,
           "state_ == before.first && intervals() != before.second", "intervals().first < before.second.first * 0"),
    Mutant("one-way loss goes unnoticed", ROUTER,
           "if (is_unheard(now, advert)) {", "if (is_unheard(now, advert) && false) {"),
    Mutant("a longer interval counts at once", ROUTER,
           "adverts_at_old_pace_ = kAdvertsAtOldPace;", "adverts_at_old_pace_ = 0;"),
    Mutant("announces after a silent predecessor as after a polite one", ROUTER,
           "announce_often_until_ = silent ? now + config_.lease + Linger::kLate : now;",
           "(void)silent;\n  announce_often_until_ = now;"),
    Mutant("any TTL is believed", CHECK,
           "return Discard::ttl;", "(void)0;"),
    Mutant("our own packets are believed", CHECK,
           "if (envelope.source == config.source) return Discard::own_address;", ""),
    Mutant("a replay is believed", AUTHENTICATION,
           "return std::unexpected(Discard::replay);", "(void)0;"),
    Mutant("the sequence follows a clock that goes back", AUTHENTICATION,
           "if (known && known->next().newer_than(sequence)) sequence = known->next();", "(void)known;"),
    Mutant("a hello needs no signature", SET,
           "if (!authentic) {\n    const bool asks", "if (!authentic && authentic.error() == Discard::replay) {\n    const bool asks"),
    Mutant("an answer needs no ticket", ACQUAINTANCES,
           "if (std::erase(peer.tickets, hello.ticket) == 0) return std::unexpected(Discard::replay);",
           "std::erase(peer.tickets, hello.ticket);"),
    Mutant("what was asked before a sleep is answered still", ACQUAINTANCES,
           "if (hello.ticket < begun_) return std::unexpected(Discard::stale);", ""),
    Mutant("a question counts as an advertisement", SET,
           "    answer(now, *reception.router, envelope.source, *hello, reception.actions);\n",
           "    answer(now, *reception.router, envelope.source, *hello, reception.actions);\n"
           "    step(now, *reception.router, Received{.source = envelope.source, .priority = hello->priority,\n"
           "         .interval = hello->interval}, reception.actions);\n"),
    Mutant("questions come more rarely than the book forgets", "vrrp/core/acquaintances.h",
           "PeerBook::kTransientLife / 3", "PeerBook::kTransientLife * 2"),
    Mutant("the plan is always quiet", ACQUAINTANCES,
           "return std::ranges::all_of(listed_, has) && nobody_objects(self);", "(void)has;\n  return true;"),
    Mutant("the plan is never quiet", ACQUAINTANCES,
           "return std::ranges::all_of(listed_, has) && nobody_objects(self);", "(void)has;\n  return false;"),
    Mutant("nobody ever objects", ACQUAINTANCES,
           "return answer->state != State::active && (!answer->active_router || *answer->active_router == self);",
           "return true;"),
    Mutant("a silent peer of the plan is no matter", ACQUAINTANCES,
           "return std::ranges::all_of(listed_, has) && nobody_objects(self);",
           "(void)has;\n  return nobody_objects(self);"),
    Mutant("a woken owner goes on without waiting", ROUTER,
           "timers_.set(Timer::resume, now + pace() / 2);", "timers_.set(Timer::resume, now + Duration(1));"),
    Mutant("a woken owner goes on without its addresses", ROUTER,
           "if (served && event.addresses_kept && config_.asks_peers) {", "if (served && config_.asks_peers) {"),
    Mutant("a woken owner listens like everybody", ROUTER,
           "if (served && event.addresses_kept && config_.asks_peers) {",
           "if (served && event.addresses_kept && config_.asks_peers && false) {"),
    Mutant("a woken owner hears no advertisement", ROUTER,
           "if (advert.priority != kPriorityLeaving) yield(now, advert, Cause::stalled, out);", ""),
    Mutant("a woken owner hears no objection", ROUTER,
           "      yield(now, word, Cause::stalled, out);\n    } else if", "    } else if"),
    Mutant("a woken backup claims at once", ROUTER,
           "timers_.set(Timer::down, std::max(down, soon));", "timers_.set(Timer::down, down);"),
    Mutant("preempts again before it is heard", ROUTER,
           "if (deaf_ == answer.source && answer.came_back) {", "if (deaf_ == answer.source) {"),
    Mutant("a whole way is no reason to try again", ROUTER,
           "if (deaf_ == answer.source && answer.came_back) {", "if (false) {"),
    Mutant("everybody always comes back", ACQUAINTANCES,
           "peer.came_back = peer.unanswered_since + static_cast<std::uint64_t>(kMissed.count()) < hello.ticket;",
           "peer.came_back = true;"),
    Mutant("never leaves it to who had it longer", ROUTER,
           "return loser.active_for > active_for(now);", "return false;"),
    Mutant("always leaves it to the other one", ROUTER,
           "return loser.active_for > active_for(now);", "return true;"),
    Mutant("contact counts for nothing", ROUTER,
           "if (loser.contacts != loser.our_contacts) return loser.contacts > loser.our_contacts;", ""),
    Mutant("yields without a verdict", ROUTER,
           "if (waits_for_verdict(now, advert, out)) return;", ""),
    Mutant("waits for the verdict for ever", ROUTER,
           "return now - *verdict_since_ < verdict_wait(interval);", "return true;"),
    Mutant("leaves it to strangers, too", ROUTER,
           "if (!asks || !kin_.contains(winner.source) || !is_established(now)) return false;",
           "if (!asks || !is_established(now)) return false;"),
    Mutant("hands over to a newer plan at once", ROUTER,
           "if (!can_take_over || now - newer_plan_->first < kPatienceForPlan) return;", "if (!can_take_over) return;"),
    Mutant("never hands over to a newer plan", ROUTER,
           "if (!can_take_over || now - newer_plan_->first < kPatienceForPlan) return;", "return;"),
    Mutant("hands over to one in a fault", ROUTER,
           "answer.has_newer_plan && answer.state == State::backup;", "answer.has_newer_plan;"),
    Mutant("preempts with an old plan", ROUTER,
           "now >= preempt_again_at_ && !is_outdated(now);", "now >= preempt_again_at_;"),
    Mutant("any generation is newer", SET,
           "hello.generation > config.generation", "hello.generation >= config.generation"),
    Mutant("says ready and goes on", CHARGE,
           "out.emplace_back(FallSilent{});\n", ""),
    Mutant("acts on the state before it has the charge", CHARGE,
           "        standing_ = Standing::taking;\n", "        take_charge(now, out);\n"),
    Mutant("an older agent may have it back", CHARGE,
           "sibling.tested && sibling.order > config_.order &&", "sibling.tested &&"),
    Mutant("takes a commit to a handoff given up", CHARGE,
           "to_ == sibling && message.handoff == handoff_;", "true;"),
    Mutant("waits for ever for a commit", CHARGE,
           "  timers_.set(Timer::patience, now + config_.patience);\n", ""),
    Mutant("goes without a look for heirs", CHARGE,
           "if (terminated_) return !sibling.tried;", "if (terminated_) return false;"),
    Mutant("a deposed agent does not miss its successor", CHARGE,
           "    if (rank == 0) return reach(out);\n    timers_.set(Timer::reach, now + rank * kRankStep);\n", "    (void)rank;\n"),
    Mutant("forgets failed successors", CHARGE,
           "if (++failures_ < kFailuresMax) return;", "return;"),
    Mutant("a next life has no timers", MEMORY,
           "timers_ = memory.timers;", ""),
    Mutant("a next life follows nobody", MEMORY,
           "active_router_ = memory.active_router;", ""),
    Mutant("a next life follows at its own pace", MEMORY,
           "active_interval_ = memory.active_interval;", ""),
    Mutant("a next life goes on as active after any time", MEMORY,
           "now - as_of >= kResumeIntervals * pace();", "now - as_of < Duration::zero();"),
    Mutant("a next life of an active router always listens", MEMORY,
           "now - as_of >= kResumeIntervals * pace();", "now - as_of >= Duration::zero();"),
    Mutant("a next life believes an old memory", MEMORY,
           "/*is_fresh=*/memory.as_of >= as_of", "/*is_fresh=*/true"),
    Mutant("a next life speaks when the last one would have", MEMORY,
           "    timers_.set(Timer::advert, now);\n    last_advert_", "    last_advert_"),
    Mutant("a next life does not claim what the last one was about to", MEMORY,
           "out.emplace_back(HoldAddresses{});  // it died while it claimed", "(void)0;"),
    Mutant("a next life forgets that it was ready", MEMORY,
           "  if (state_ == State::backup && !timers_.armed(Timer::down))\n"
           "    timers_.set(Timer::down, is_fresh ? now : as_of + down_interval());\n", ""),
    Mutant("a next life forgets that the address is taken", MEMORY,
           "taken_ = memory.taken;", ""),
    Mutant("a next life asks nobody who has the address", SET,
           "if (listens && member.setup.checks_duplicates) member.duplicate_check.begin(now);", "(void)listens;"),
    Mutant("a next life uses its last one's numbers again", AUTHENTICATION,
           "Sequence(known->value() + kSecondsForgotten * kSequenceSecond);", "known;"),
    Mutant("a next life believes what the last one heard", AUTHENTICATION,
           "mark({heard.source, heard.vrid.value, heard.version}, heard.sequence);", "(void)heard;"),
    Mutant("asks nobody who has the address", SET,
           "if (check.turn(now)) out.push_back({.router = router, .action = ProbeAddresses{}});",
           "(void)check.turn(now);"),
    Mutant("does not wait for the answer who has the address", DUPLICATES,
           "  running_ = true;\n", ""),
    Mutant("cares for ever who has the address", DUPLICATES,
           "  running_ = false;\n", ""),
    Mutant("ignores that another host has the address", ROUTER,
           "taken_ = state_ == State::backup;", "taken_ = false;"),
    Mutant("a router's address stays taken", ROUTER,
           "  taken_ = false;  // by a router, as we see, also when it is just leaving\n", ""),
    Mutant("tries once and never again", ROUTER,
           "timers_.set(Timer::retry, now + retry_.next());", "(void)now;"),
]

JUDGES = {
    "unit": [[f"tests/{name}", "--gtest_brief=1"] for name in UNIT_TESTS],
    "scenario": [["tests/scenario_test", "--gtest_brief=1"], ["tests/charge_test", "--gtest_brief=1"]],
    "seeds": [["tests/sim", "--seed=1", "--count=400", "--no-model"]],
    "model": [["tests/sim", "--seed=1", "--count=100", "--model"]],
}
SIMULATOR = {"scenario", "seeds", "model"}
JUDGE_SECONDS_MAX = 300


def run(*command, cwd):
    return subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def must(*command, cwd):
    done = run(*command, cwd=cwd)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}")


def applied(mutant, tree):
    path = tree / mutant.file
    text = path.read_text()
    found = text.count(mutant.old)
    if found != 1:
        return None
    path.write_text(text.replace(mutant.old, mutant.new))
    return text


def notices(commands, build):
    for command in commands:
        try:
            done = subprocess.run([build / command[0], *command[1:]], cwd=build, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, timeout=JUDGE_SECONDS_MAX, check=False)
        except subprocess.TimeoutExpired:
            return True
        if done.returncode:
            return True
    return False


def judged(tree):
    build = tree / "build" / PRESET
    must("cmake", "--build", "--preset", PRESET, "-j2", "--target", *TARGETS, cwd=tree)  # a break must compile
    return {judge for judge, commands in JUDGES.items() if notices(commands, build)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="the names, and no run")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these")
    options = parser.parse_args()
    wanted = [mutant for mutant in MUTANTS if not options.names or mutant.name in options.names]
    if options.list or not wanted:
        print("\n".join(mutant.name for mutant in MUTANTS))
        return 0 if options.list else 2

    verdicts = {}
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tree = Path(folder) / "tree"
        must("git", "worktree", "add", "--detach", str(tree), "HEAD", cwd=ROOT)
        try:
            must("cmake", "--preset", PRESET, "-DSWARM_VIP_WERROR=OFF", cwd=tree)
            if caught := judged(tree):
                sys.exit(f"the unbroken core fails already: {', '.join(sorted(caught))}")
            for mutant in wanted:
                original = applied(mutant, tree)
                if original is None:
                    print(f"{mutant.name:48} does not apply to {mutant.file}", flush=True)
                    verdicts[mutant] = None
                    continue
                verdicts[mutant] = judged(tree)
                (tree / mutant.file).write_text(original)
                found = [judge for judge in JUDGES if judge in verdicts[mutant]]
                print(f"{mutant.name:48} {', '.join(found) or 'NOBODY NOTICES'}", flush=True)
        finally:
            must("git", "worktree", "remove", "--force", str(tree), cwd=ROOT)

    caught = [verdict for verdict in verdicts.values() if verdict]
    by_simulator = [verdict for verdict in caught if verdict & SIMULATOR]
    print(f"{len(caught)} of {len(wanted)} breaks noticed, {len(by_simulator)} by the simulator")
    enough = options.names or len(by_simulator) >= SIMULATOR_MIN
    return 0 if len(caught) == len(wanted) and enough else 1


if __name__ == "__main__":
    sys.exit(main())

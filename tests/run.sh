#!/usr/bin/env bash
# Runs the tests on a fresh machine: installs what is missing, builds, runs, and closes with one line,
# "N passed, N failed, N skipped". Exit status 0 when nothing failed, 1 when something did, 2 for a wrong word.
#
#   tests/run.sh [KIND...]     without a word: all of them; what only computes runs beside what mostly waits
#
#   format   clang-format finds nothing to change
#   unit     GoogleTest, the layers and the purity of the cores; in the build preset of UNIT_PRESET (asan)
#   sim      10,000 random histories of the state machine in virtual time
#   fuzz     each fuzz target for 5 s; tests/fuzz/run.sh runs them longer
#   net      the real agent in network namespaces
#   operator the real operator before a Docker API that can be made to fail, and a random walk;
#            a longer one: tests/operator/walk.py --seed 1 --steps 10000
#   page     the operator's page in Chromium: what it says, how it looks, who can use it
#   interop  the real agent beside keepalived and FRR, and tshark as the judge: election, stop and cut of every form;
#            all cases, and the table of packaging/doc/interop.md: python3 -m pytest -n 6 tests/interop --write-table
#   monitoring  promtool on rules, their tests and the metrics; a real Prometheus that scrapes agents and the operator
#   swarm    the real image on three real Docker engines
#   matrix   every row of the fault matrix, once; the worst of many, beside keepalived, and the table of
#            packaging/doc/failover.md: tests/matrix/run.py
#   bench    what measures us beside keepalived and FRR works, and notices what did not happen; the figures, and the table
#            of packaging/doc/bench.md: tests/bench/run.sh
#   tidy     clang-tidy finds nothing
#
# Up to three tests of the kinds that measure time may fail while others keep the machine busy: they are tried again,
# alone, and have to pass twice. What passes only then is named.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly kinds_known=(format unit sim fuzz net operator page interop monitoring swarm matrix bench tidy)
readonly results=$(mktemp -d)
lanes=()  # process groups that run beside what this script does
trap 'end_lanes; rm -rf "$results"' EXIT

end_lanes() {
  for lane in ${lanes[@]+"${lanes[@]}"}; do kill -TERM -- "-$lane" 2>/dev/null || true; done
  wait
}

usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' tests/run.sh; }

kinds=()
for word in "$@"; do
  case " ${kinds_known[*]} " in
    *" $word "*) kinds+=("$word") ;;
    *)
      if [ "$word" = -h ] || [ "$word" = --help ]; then usage; exit 0; fi
      printf "run.sh: '%s' is not a kind of test; allowed are: %s\n" "$word" "${kinds_known[*]}" >&2
      exit 2
      ;;
  esac
done
[ ${#kinds[@]} -gt 0 ] || kinds=("${kinds_known[@]}")

wants() { case " ${kinds[*]} " in *" $1 "*) true ;; *) false ;; esac; }
say() { printf '\n== %s (%ss)\n' "$*" "$SECONDS"; }

# One test case of our own making in the results: verdict NAME COMMAND...
verdict() {
  local name=$1
  shift
  local outcome=''
  "$@" || outcome='<failure/>'
  printf '<testsuite><testcase name="%s">%s</testcase></testsuite>\n' "$name" "$outcome" >"$results/$name.xml"
}

check_format() {
  git ls-files -z '*.cc' '*.h' | xargs -0 clang-format-19 --dry-run --Werror
}

# Most of its time goes into headers, so the files of a library are read together.
check_tidy() {
  cmake --preset tidy >"$results/build.log" 2>&1 || { cat "$results/build.log"; return 1; }
  nice run-clang-tidy-19 -p build/tidy -quiet -j "$(nproc)" -checks=-bugprone-suspicious-include \
    -header-filter "^$PWD/(common|vrrp|operator)/.*\.(h|cc)$" >"$results/tidy.log" 2>&1 || {
    grep -E 'error:|warning:' "$results/tidy.log" | sort -u
    return 1
  }
}

# In stretches, so that every processor has one.
check_sim() { seq 1 500 10000 | xargs -P "$(nproc)" -I '{}' build/release/tests/sim --seed='{}' --count=500; }

build() {  # build PRESET [TARGET...]
  local preset=$1
  shift
  cmake --preset "$preset" >"$results/build.log" 2>&1 &&
    cmake --build --preset "$preset" ${1+--target "$@"} >>"$results/build.log" 2>&1 || {
    cat "$results/build.log"
    exit 1
  }
}

kinds_of_pytest=(net operator page interop monitoring swarm matrix bench)
run_pytest() {  # run_pytest KIND OPTIONS...
  local kind=$1
  shift
  local status=0
  /usr/bin/python3 -m pytest -q -p no:cacheprovider --junitxml="$results/$kind.xml" "$@" "tests/$kind" || status=$?
  [ "$status" -le 1 ] || rm -f "$results/$kind.xml"  # interrupted, or broken: half of them are no result
}

# Beside the build, before anything is measured: it installs packages, and the disk would keep the others waiting.
image() {
  say image
  /usr/bin/python3 packaging/lab/swarm_images.py swarm-vip:latest || true  # who needs it will say why it fails
}

# What only computes, in the time that nobody else wants: the others mostly wait, and shall not be late.
compute() {
  chrt --idle --pid 0 $BASHPID >/dev/null 2>&1 || renice -n 19 $BASHPID >/dev/null
  if wants unit; then
    preset=${UNIT_PRESET:-asan}
    say "unit ($preset)"
    build "$preset"
    ctest --preset "$preset" --output-junit "$results/unit.xml" >"$results/unit.log" 2>&1 || cat "$results/unit.log"
  fi
  if wants sim; then
    say sim
    verdict sim check_sim
  fi
  if wants fuzz; then
    say fuzz
    verdict fuzz tests/fuzz/run.sh 5
  fi
  if wants tidy; then
    say tidy
    verdict tidy check_tidy
  fi
  say "nothing more to compute"
}

# Runs a function beside what follows. Its own process group, so that it ends when this script is ended.
start() {
  set -m
  "$1" </dev/null >"$results/$1.log" 2>&1 &
  set +m
  lanes+=("$!")
}

run_swarm() { run_pytest swarm -n 2 --dist loadfile; }

say "install what is missing"
packaging/install.sh build lint net lab page bench monitoring

if wants format; then
  say format
  verdict format check_format
fi
if wants swarm || wants matrix; then start image; fi
if wants sim || wants net || wants operator || wants page || wants interop || wants monitoring || wants matrix || wants bench; then
  say "build (release)"
  build release swarm-vip swarm-vip-agent sim  # the unit tests have their own preset
fi
wait
lanes=()
start compute
if wants net; then
  say net
  run_pytest net -n 6  # they mostly wait
fi
if wants operator; then
  say operator
  run_pytest operator -n 4
fi
if wants page; then
  say page
  run_pytest page -n 2 --dist loadfile
fi
if wants interop; then
  say interop
  run_pytest interop -n 6
fi
if wants monitoring; then
  say monitoring
  run_pytest monitoring
fi
if wants swarm; then
  say "swarm, beside what follows"
  start run_swarm
fi
if wants matrix; then
  say matrix
  run_pytest matrix -n 3 --dist loadgroup
fi
if wants bench; then
  say bench
  run_pytest bench
fi
for lane in "${lanes[@]}"; do
  wait "$lane" || true
done
say "beside the others"
cat "$results/image.log" "$results/compute.log" 2>/dev/null || true
if wants swarm; then
  say "swarm: what it said"
  cat "$results/run_swarm.log"
fi

/usr/bin/python3 tests/support/again.py "$results" "${kinds_of_pytest[@]}"

say "${kinds[*]}: the result"
/usr/bin/python3 tests/support/tally.py "$results" "${kinds[@]}"

#!/usr/bin/env bash
# What the operator costs: what it computes, what it keeps in memory, what it asks of Docker, what asking its agents for
# their health costs a host, and how long a label takes until every agent has the plan. Installs and builds what is
# missing, prints one table after the other, and leaves the raw figures as CSV. Needs root, and a quiet machine.
#
#   tests/bench/operator/run.sh [--out FOLDER] [--smoke] [CASE...]     cases: plan memory image health swarm
#
# --smoke: each case once and briefly. Exit status 1 when a case did not happen. An idle hour is five minutes, scaled.
set -euo pipefail
cd "$(dirname "$0")/../../.."

out=build/bench-operator
changes=10 idle=300 repetitions=10 rounds=3
cases=()
while (($#)); do
  case $1 in
    --out)
      out=$2
      shift
      ;;
    --smoke) changes=1 idle=40 repetitions=1 rounds=1 ;;
    plan | memory | image | health | swarm) cases+=("$1") ;;
    -h | --help)
      sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    *)
      printf "run.sh: '%s' is not allowed; cases: plan memory image health swarm\n" "$1" >&2
      exit 2
      ;;
  esac
  shift
done
((${#cases[@]})) || cases=(plan memory image health swarm)
mkdir -p "$out"

build() {
  packaging/install.sh build bench
  cmake --preset release >"$out/build.log"
  cmake --build --preset release --target "$@" >>"$out/build.log"
}

# The median of the repetitions, and the least: other work on the machine only ever adds.
plan() {
  build plan_bench
  build/release/tests/plan_bench --benchmark_repetitions="$repetitions" --benchmark_out="$out/plan.csv" \
    --benchmark_out_format=csv >/dev/null 2>&1
  /usr/bin/python3 - "$out/plan.csv" <<'END'
import csv, statistics, sys

lines = open(sys.argv[1]).read().splitlines()
start = next(number for number, line in enumerate(lines) if line.startswith("name,"))
times: dict[str, list[float]] = {}
for row in csv.DictReader(lines[start:]):
    if row["error_occurred"]:
        sys.exit(f"{row['name']}: {row['error_message']}")
    if not row["name"].endswith(("_mean", "_median", "_stddev", "_cv")):
        times.setdefault(row["name"], []).append(float(row["cpu_time"]))
print("| look/nodes/groups | ms, median | ms, least |", "|---|---|---|", sep="\n")
for name, values in times.items():
    print(f"| {name} | {statistics.median(values):.2f} | {min(values):.2f} |")
END
}

memory() {
  build swarm-vip
  /usr/bin/python3 tests/bench/operator/memory.py --csv "$out/memory.csv"
}

image() {
  local archive
  archive=$(/usr/bin/python3 packaging/lab/swarm_images.py swarm-vip:latest)
  /usr/bin/python3 tests/bench/operator/image_size.py "$archive"
}

health() {
  packaging/install.sh lab
  /usr/bin/python3 tests/bench/operator/health_cost.py --rounds "$rounds" --csv "$out/health.csv"
}

swarm() {
  packaging/install.sh lab
  /usr/bin/python3 tests/bench/operator/swarm_cost.py --changes "$changes" --idle "$idle" --csv "$out/swarm.csv"
}

for case in "${cases[@]}"; do
  printf '\n## %s\n\n' "$case"
  "$case"
done
printf '\nOn Linux %s, %s; raw figures: %s\n' "$(uname -r)" "$(build/release/swarm-vip version 2>/dev/null || echo swarm-vip)" "$out"

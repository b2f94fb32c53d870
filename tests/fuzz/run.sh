#!/usr/bin/env bash
# Fuzzes: builds the preset "fuzz" and runs each target for so many seconds, from the committed corpus and from
# what earlier runs found (build/fuzz/corpus). What fails is left in build/fuzz as NAME-crash-..., and the run
# exits with 1.
#
#   tests/fuzz/run.sh SECONDS [TARGET...]     without a target: all of them, one after the other
set -euo pipefail
cd "$(dirname "$0")/../.."

usage() { sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' tests/fuzz/run.sh; }

case "${1:-}" in
  -h | --help) usage; exit 0 ;;
  '' | *[!0-9]*) printf "run.sh: '%s' is not a number of seconds\n" "${1:-}" >&2; usage >&2; exit 2 ;;
esac
seconds=$1
shift
known=$(basename -a -s _fuzz.cc tests/fuzz/*_fuzz.cc)
[ $# -gt 0 ] || set -- $known
for target in "$@"; do
  grep -qx "$target" <<<"$known" || { printf "run.sh: '%s' is none of %s\n" "$target" "$(tr '\n' ' ' <<<"$known")" >&2; exit 2; }
done

log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ cmake --preset fuzz && cmake --build --preset fuzz --target fuzz_targets; } >"$log" 2>&1 || { cat "$log"; exit 1; }

failed=0
for target in "$@"; do
  outcome=ok
  "build/fuzz/tests/${target}_fuzz" -max_total_time="$seconds" -rss_limit_mb=2048 -malloc_limit_mb=512 -timeout=10 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/$target-" \
    "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1 || outcome=failed
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  coverage=$(grep -oE 'cov: [0-9]+ ft: [0-9]+' "$log" | tail -1 || true)  # who fails at once has none
  printf '%-14s %s: %s runs in %s s, %s\n' "$target" "$outcome" "${runs:-?}" "$seconds" "$coverage"
  [ "$outcome" = ok ] || { failed=1; grep -vE '^#[0-9]+' "$log" | tail -40; }
done
exit $failed

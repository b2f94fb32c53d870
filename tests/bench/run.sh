#!/usr/bin/env bash
# swarm-vip-agent beside keepalived and FRR's vrrpd on this machine: installs and builds what is missing, measures, and
# prints one table. Needs root, and a quiet machine.
#
#   tests/bench/run.sh [--runs N] [--cases NAME,...] [--contenders NAME,...] [--out DIR] [--smoke]
#   tests/bench/run.sh --list | --report | --doc | --beside DIR
#
# packaging/doc/bench.md says what the cases are and how to read the table.
set -euo pipefail
cd "$(dirname "$0")/../.."

case " $* " in
  *" --list "* | *" -h "* | *" --help "* | *" --report "* | *" --doc "* | *" --beside "*) ;;
  *)
    packaging/install.sh build bench
    if [ -z "${SWARM_VIP_BUILD:-}" ]; then
      cmake --preset release >/dev/null
      cmake --build --preset release --target swarm-vip-agent | tail -1
    fi
    ;;
esac
exec /usr/bin/python3 tests/bench/bench.py "$@"

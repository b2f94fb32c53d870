#!/usr/bin/env bash
# swarm-vip on this machine, for everybody who wants to see it before believing it:
#
#   sudo packaging/demo.sh [up] [--keep]   a real three-node Docker Swarm in namespaces, swarm-vip deployed on it, the
#                                          node that holds the virtual address killed under a running ping
#   sudo packaging/demo.sh down            remove what --keep (or a crashed run) left up
#   sudo packaging/demo.sh purge           the same, and the cache of images (/var/cache/swarm-vip-lab)
#
# The machine's own network and its own Docker, if it has one, are left alone. Without --keep nothing stays behind but
# the installed packages and the cache, which makes the next run quick.
#
# Settings, by environment: SWARM_VIP_LAB_SUBNET (192.168.1.0/24, inside the namespaces), SWARM_VIP_LAB_CACHE
# (/var/cache/swarm-vip-lab), SWARM_VIP_LAB_DIR (/var/tmp).
# Exit status: 0 the address survived, 1 it did not or something failed, 2 wrong arguments.
set -euo pipefail

readonly PROGRAM=${0##*/}
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
readonly here

usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
}

wrong() {
  printf '%s: %s\nusage: %s [up|down|purge] [--keep]   (--help says more)\n' "$PROGRAM" "$1" "$PROGRAM" >&2
  exit 2
}

action=
keep=
for argument in "$@"; do
  case $argument in
    up | down | purge)
      [[ -z $action ]] || wrong "one of up, down and purge, not both '$action' and '$argument'"
      action=$argument
      ;;
    --keep) keep=--keep ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) wrong "'$argument' is none of: up, down, purge, --keep" ;;
  esac
done
action=${action:-up}
if [[ -n $keep && $action != up ]]; then wrong "--keep goes with up only"; fi

if ((EUID != 0)); then
  printf '%s: must run as root (namespaces, raw packets): sudo %s%s\n' "$PROGRAM" "$0" "${*:+ $*}" >&2
  exit 1
fi

if [[ $action == up ]]; then
  printf '\nswarm-vip: a virtual address on a real three-node Docker Swarm, and what happens when its holder dies\n\n'
  "$here/install.sh" lab
elif [[ ! -x /usr/bin/python3 ]]; then
  printf 'Nothing of a demo is on this machine.\n'
  exit 0
fi

export PYTHONDONTWRITEBYTECODE=1
exec /usr/bin/python3 "$here/lab/demo.py" "$action" ${keep:+"$keep"}

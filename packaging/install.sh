#!/usr/bin/env bash
# Installs what swarm-vip needs from Debian's own packages, and only what is missing.
#
#   packaging/install.sh KIND...
#
#   build   compiler, CMake and libraries for both programs and their unit tests
#   lint    clang 19: format, tidy and the fuzzer's runtime
#   lab     what raises a Docker Swarm in namespaces (demo.sh, tests/swarm)
#   image   what packaging/Dockerfile puts beside the executables, and what it builds curl with
#   net     what drives and judges the network tests (tests/net, tests/interop, tests/matrix)
#   page    a browser, what steers it, and letters for it (tests/page, tests/swarm)
#   bench   what measures beside keepalived and FRR, and draws (tests/bench)
#   monitoring  Prometheus and promtool (tests/monitoring)
#
# Nothing is removed, nothing is started as a service, and no package index is fetched while everything is there.
# An engine that is already on the machine, from whatever source, is taken as it is.
set -euo pipefail

readonly PROGRAM=${0##*/}
readonly POLICY=/usr/sbin/policy-rc.d
readonly POLICY_SAVED=$POLICY.swarm-vip-saved
readonly POLICY_MARK='# made by swarm-vip install.sh, removed again when it ends'

# "first|second" means: the second will do if it is there, the first is what gets installed.
readonly BUILD=(
  g++ cmake ninja-build ccache pkg-config
  libnl-3-dev libnl-route-3-dev "libcurl4-openssl-dev|libcurl4-gnutls-dev" nlohmann-json3-dev
  libspdlog-dev libfmt-dev libevent-dev nettle-dev libcli11-dev libgtest-dev libgmock-dev
)
readonly LINT=(clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev)
readonly IMAGE=(busybox ca-certificates dpkg-dev libssl-dev)
readonly LAB=(
  debootstrap iproute2 nftables "iputils-ping|inetutils-ping" procps util-linux mount gcc libc6-dev
  python3 python3-pytest ca-certificates
)
readonly NET=(
  python3 python3-pytest python3-pytest-xdist keepalived nftables iproute2 procps util-linux "iputils-ping|inetutils-ping"
  gcc libc6-dev frr tshark libfaketime openssl groff-base
)
readonly BENCH=(python3 python3-matplotlib python3-pytest keepalived frr nftables iproute2 procps util-linux
  "iputils-ping|inetutils-ping" gcc libc6-dev)
readonly PAGE=(python3 python3-pytest chromium chromium-driver python3-selenium fonts-dejavu-core procps util-linux iproute2)
readonly MONITORING=(prometheus python3 python3-pytest iproute2 nftables util-linux gcc libc6-dev)

usage() {
  sed -n '2,15s/^# \{0,1\}//p' "$0"
}

fail() {
  printf '%s: %s\n' "$PROGRAM" "$1" >&2
  exit "${2:-1}"
}

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# The names out of the given list that nothing on the machine satisfies yet.
missing_of() {
  local entry alternative
  for entry in "$@"; do
    local found=
    local -a alternatives
    IFS='|' read -ra alternatives <<<"$entry"
    for alternative in "${alternatives[@]}"; do
      if is_installed "$alternative"; then found=yes; fi
    done
    if [[ -z $found ]]; then printf '%s\n' "${alternatives[0]}"; fi
  done
}

restore_policy() {
  if [[ -e $POLICY ]] && grep -qF "$POLICY_MARK" "$POLICY"; then rm -f "$POLICY"; fi
  if [[ -e $POLICY_SAVED || -L $POLICY_SAVED ]]; then mv -f "$POLICY_SAVED" "$POLICY"; fi
}

# Debian starts a service as it installs one, unless this file says 101. The machine's own file comes back afterwards;
# one that a run left aside when the power failed comes back first.
forbid_services() {
  restore_policy
  trap restore_policy EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
  if [[ -e $POLICY || -L $POLICY ]]; then mv "$POLICY" "$POLICY_SAVED"; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" >"$POLICY.new"
  chmod 0755 "$POLICY.new"
  mv "$POLICY.new" "$POLICY"
}

# What was not there before shall not start with the next boot either.
keep_stopped() {
  if command -v systemctl >/dev/null; then
    systemctl disable "$@" >/dev/null 2>&1 || true
  fi
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  local -a apt=(apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3)
  forbid_services
  printf '%s: installing %s\n' "$PROGRAM" "$*"
  "${apt[@]}" update >/dev/null || fail "the package index could not be fetched (see the lines above)"
  "${apt[@]}" -o Dpkg::Use-Pty=0 install --no-install-recommends --no-remove "$@" >/dev/null ||
    fail "apt-get could not install: $*"
  if [[ " $* " == *" docker.io "* ]]; then keep_stopped docker.service docker.socket containerd.service; fi
  if [[ " $* " == *" keepalived "* ]]; then keep_stopped keepalived.service; fi
  if [[ " $* " == *" frr "* ]]; then keep_stopped frr.service; fi
  if [[ " $* " == *" prometheus "* ]]; then keep_stopped prometheus.service; fi
}

main() {
  local -a wanted=()
  local kind
  if (($# == 0)); then
    usage >&2
    exit 2
  fi
  for kind in "$@"; do
    case $kind in
      build) wanted+=("${BUILD[@]}") ;;
      lint) wanted+=("${LINT[@]}") ;;
      lab)
        wanted+=("${LAB[@]}")
        # Debian's engine would push out Docker's own packages, so it is asked for only where there is none.
        if ! command -v dockerd >/dev/null; then wanted+=(docker.io); fi
        # Where the kernel enforces AppArmor, an engine without its parser starts no container.
        if [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null || true) == Y ]]; then wanted+=(apparmor); fi
        if ! command -v docker >/dev/null; then wanted+=("docker.io|docker-ce-cli"); fi
        ;;
      image) wanted+=("${IMAGE[@]}") ;;
      net) wanted+=("${NET[@]}") ;;
      bench) wanted+=("${BENCH[@]}") ;;
      page) wanted+=("${PAGE[@]}") ;;
      monitoring) wanted+=("${MONITORING[@]}") ;;
      -h | --help)
        usage
        exit 0
        ;;
      *) fail "unknown kind '$kind'; allowed are: build lint lab image net bench page monitoring" 2 ;;
    esac
  done

  command -v dpkg-query >/dev/null ||
    fail "this needs Debian's dpkg and apt-get; elsewhere, install by hand what the lists on top of this script name"
  local -a missing
  mapfile -t missing < <(missing_of "${wanted[@]}" | sort -u)
  if ((${#missing[@]} == 0)); then exit 0; fi

  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "must run as root to install: ${missing[*]}"
    exec sudo -- "$0" "$@"
  fi
  # One at a time, so that two runs never fight over the policy file.
  mkdir -p /run/lock
  exec 9>/run/lock/swarm-vip-install.lock
  flock 9
  mapfile -t missing < <(missing_of "${missing[@]}")
  if ((${#missing[@]} == 0)); then exit 0; fi
  install_packages "${missing[@]}"
}

main "$@"

#!/usr/bin/env bash
# Process 1 of a lab node: makes the node's own view of the machine, then only reaps orphans until it is killed.
#
#   unshare --mount --uts --pid --fork --kill-child --mount-proc node_init.sh DIR HOSTNAME
#
# The engine writes below /run and /etc/docker; both are the node's own here, so that /var/run/docker.sock inside is
# the node's socket, stack files work unchanged and the machine's /etc stays as it was. Everything mounted here goes
# with the mount namespace, everything started here with the process namespace.
set -euo pipefail

readonly dir=$1 name=$2

hostname "$name"
mount --make-rprivate /
mkdir -p "$dir/run" "$dir/etc"
mount -t tmpfs -o size=16m,mode=0755 tmpfs "$dir/etc"
mkdir "$dir/etc/upper" "$dir/etc/work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$dir/etc/upper,workdir=$dir/etc/work" /etc
printf '%s\n' "$name" >/etc/hostname
# A node has no way out: a look-up shall fail at once, not after a resolver's time-out. The building engine has one;
# its resolver's file may be a link to below /run, which is about to be another one.
if [[ ${LAB_KEEP_RESOLVER:-} == yes ]]; then
  resolver=$(cat /etc/resolv.conf || true)
else
  resolver=$'nameserver 127.0.0.1\noptions timeout:1 attempts:1'
fi
rm -f /etc/resolv.conf
printf '%s\n' "$resolver" >/etc/resolv.conf
mkdir -p "$dir/run/lock" "$dir/run/netns"
mount --bind "$dir/run" /run
touch /run/node-ready

while :; do
  sleep infinity &
  wait $! || true
done

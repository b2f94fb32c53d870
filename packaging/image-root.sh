#!/usr/bin/env bash
# Fills a directory with everything the image shall hold: the executables, the shared libraries they load, the
# certificates a TLS client trusts, and busybox as the shell of notify scripts. Runs in the Dockerfile's builder.
#
#   image-root.sh ROOT EXECUTABLE...
set -euo pipefail

readonly root=$1
shift

# The files an executable loads, the loader among them: `name => /path (address)` or `/path (address)`.
libraries_of() {
  ldd "$1" 2>/dev/null | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }' || true
}

mkdir -p "$root"/{bin,etc/ssl/certs,etc/swarm-vip,run,tmp,usr/sbin}
chmod 1777 "$root/tmp"

put() {  # put EXECUTABLE FOLDER
  install -m 0755 "$1" "$root/$2/"
  for library in $(libraries_of "$1"); do
    install -D -m 0755 "$(readlink -f "$library")" "$root$library"
  done
}

for executable in "$@"; do put "$executable" usr/sbin; done
install -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
put "$(command -v busybox)" bin
for applet in $("$root/bin/busybox" --list | grep -vx busybox); do
  ln -s busybox "$root/bin/$applet"
done

printf 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

# As the readers of NeoAssist's image are used to, in a shell in the container.
printf '#!/bin/sh\nexec swarm-vip status "$@"\n' >"$root/bin/status"
chmod 0755 "$root/bin/status"

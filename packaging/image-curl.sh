#!/usr/bin/env bash
# Builds the libcurl of the image out of Debian's source package, with Debian's patches: HTTP and HTTPS over TCP and unix
# sockets, proxies, and names by the C library's resolver. Debian's own brings LDAP, Kerberos, SSH, HTTP/2 and IDN along:
# 24 libraries, 14 MB. Static, with where its certificates are as Debian has it. Runs in the Dockerfile's builder.
#
#   image-curl.sh PREFIX
set -euo pipefail

readonly prefix=$1
readonly work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Where apt has its packages from, their sources; in folders of our own, because apt's lists are not ours.
mkdir -p "$work"/{sources,lists/partial,source}
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
  case $file in
    *.list) sed -n 's/^deb /deb-src /p' "$file" 2>/dev/null >"$work/sources/${file##*/}" || true ;;
    *.sources) sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/sources/${file##*/}" ;;
  esac
done
readonly -a apt=(
  apt-get -q -o Acquire::Retries=3 -o APT::Sandbox::User=root -o Dir::Etc::SourceList=/dev/null
  -o "Dir::Etc::SourceParts=$work/sources" -o "Dir::State::Lists=$work/lists"
  -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
)
if ! { "${apt[@]}" update && cd "$work/source" && "${apt[@]}" source curl; } >"$work/log" 2>&1; then
  tail -n 20 "$work/log" >&2
  echo "image-curl.sh: the source package of curl could not be fetched; the mirror needs Debian's sources, too" >&2
  exit 1
fi

# What HTTP_ONLY leaves of other protocols, and what of HTTP nobody asks for.
readonly -a left_out=(
  -DUSE_LIBIDN2=OFF -DCURL_ZLIB=OFF -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF -DCURL_DISABLE_COOKIES=ON
  -DCURL_DISABLE_NETRC=ON -DCURL_DISABLE_NTLM=ON -DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_HSTS=ON -DCURL_DISABLE_DOH=ON
  -DCURL_DISABLE_MIME=ON -DCURL_DISABLE_GETOPTIONS=ON
)
{
  cmake -G Ninja -S "$(echo "$work"/source/curl-*/)" -B "$work/build" -DCMAKE_INSTALL_PREFIX="$prefix" \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE="-O2 -DNDEBUG" -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_C_FLAGS="-ffunction-sections -fdata-sections -fstack-protector-strong -D_FORTIFY_SOURCE=2" \
    -DBUILD_SHARED_LIBS=OFF -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF -DENABLE_MANUAL=OFF -DHTTP_ONLY=ON \
    -DCURL_USE_OPENSSL=ON -DCURL_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt -DCURL_CA_PATH=/etc/ssl/certs \
    "${left_out[@]}"
  cmake --build "$work/build"
  cmake --install "$work/build"
} >"$work/log" 2>&1 || {
  tail -n 40 "$work/log" >&2
  exit 1
}

# Functions that the scripts share. Sourced by bash, from any directory.
# shellcheck shell=bash

set -euo pipefail

# shellcheck disable=SC2034 # used by the scripts that source this
repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf 'gop: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# installed PACKAGE reports whether this Debian package is installed or, on a system without dpkg,
# whether the part of it that gop needs is present.
installed() {
	if command -v dpkg-query >/dev/null; then
		[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
		return
	fi
	case $1 in
	ca-certificates | libc6-dev) ;;
	libx264-dev) pkg-config --exists x264 ;;
	libdav1d-dev) pkg-config --exists dav1d ;;
	libwebp-dev) pkg-config --exists libwebp libwebpmux ;;
	zlib1g-dev) pkg-config --exists zlib ;;
	xz-utils) command -v xz >/dev/null ;;
	prometheus) command -v promtool >/dev/null ;;
	util-linux) command -v flock >/dev/null ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

# as_root COMMAND... runs it as root.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# need PURPOSE PACKAGE... installs the Debian packages that are missing. If it cannot, it prints their names
# and exits.
need() {
	local purpose=$1 package absent=() log
	shift
	for package; do
		installed "$package" || absent+=("$package")
	done
	[ ${#absent[@]} -gt 0 ] || return 0
	command -v apt-get >/dev/null ||
		die "to $purpose, install what Debian calls: ${absent[*]}"
	[ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
		die "to $purpose, install as root: apt-get install ${absent[*]}"
	log=$(mktemp -t gop-apt.XXXXXX.log)
	say "installing, to $purpose: ${absent[*]} (log: $log)"
	# Old package lists name versions that the mirror no longer has: update them first.
	if ! { as_root apt-get -o DPkg::Lock::Timeout=600 update &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 \
			install -y --no-install-recommends "${absent[@]}"; } >"$log" 2>&1 </dev/null; then
		tail -n 20 "$log" >&2
		die "apt-get failed; its log: $log"
	fi
	rm -f "$log"
}

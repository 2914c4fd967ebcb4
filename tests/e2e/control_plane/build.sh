#!/bin/sh
# Builds etcd and kube-apiserver unless the cache has them, and prints the folder they are in;
# where Go is missing it prints nothing and says so on stderr.
# One binary and a link for each program. The cache is keyed by everything that decides what is built,
# so a changed version never runs an old binary; it lies outside the checkout, so that a fresh clone pays nothing.
set -eu
cd "$(dirname "$0")"

version=v1.35.4
key=$(cat go.mod go.sum main.go build.sh | sha256sum | cut -c1-16)
cache=${MODELPLANE_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/modelplane-e2e}/$key

if [ ! -x "$cache/kube-apiserver" ]; then
	if ! command -v go >/dev/null; then
		echo "no control plane: $cache has none and there is no go to build one with" >&2
		exit 0
	fi
	echo "building etcd and kube-apiserver $version into $cache: five to ten minutes on two idle cores" >&2
	mkdir -p "$cache"
	info=k8s.io/component-base/version
	# No debug information: linking with it takes gigabytes and minutes.
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -gcflags=all=-dwarf=false \
		-ldflags "-s -w -X $info.gitVersion=$version -X $info.gitMajor=1 -X $info.gitMinor=35" \
		-o "$cache/control-plane.$$" .
	mv "$cache/control-plane.$$" "$cache/control-plane"
	# The links come last: a build that was killed leaves none, and is done again.
	for program in etcd kube-apiserver; do ln -sf control-plane "$cache/$program"; done
fi
echo "$cache"

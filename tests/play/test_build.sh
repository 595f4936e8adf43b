#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What host/daemon/play/build.sh makes when something is not as it should be. Usage: test_build.sh SOURCE
set -u
source=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
npm=$(command -v npm) || npm=no-npm-on-this-machine
n=0

check() { # NAME, with the result of the command before
    result=$?
    n=$((n + 1))
    if [ $result = 0 ]; then echo "ok $n - $1"; else echo "not ok $n - $1"; fi
}
build() { # MODE NPM [SOURCE]
    rm -rf "$dir/out" "$dir/out.d"
    sh "$source/build.sh" "$1" "$2" "$dir/out" "${3:-$source}" 2>"$dir/said"
}

echo 1..6
build auto "$npm" && grep -q '"xterm.mjs"' "$dir/out" && ! [ -s "$dir/said" ]
check build__npm__embeds_the_terminal

build auto "" && grep -q page_terminal "$dir/out" && ! grep -q '"xterm.mjs"' "$dir/out" &&
    grep -q WARNING "$dir/said"
check build__no_npm__warns_and_goes_on

! build enabled "" && ! [ -e "$dir/out" ] && grep -q error "$dir/said"
check build__enabled_without_npm__fails

build disabled "$npm" && grep -q page_terminal "$dir/out" && ! [ -e "$dir/out.d" ] && ! [ -s "$dir/said" ]
check build__disabled__fetches_nothing

# A package that is not the one of the lock file, to its last bit.
cp -r "$source" "$dir/altered"
sed -i 's/"sha512-\(.\)\(.\)/"sha512-\2\1/' "$dir/altered/package-lock.json"
! build enabled "$npm" "$dir/altered" && grep -q EINTEGRITY "$dir/said"
check build__other_digest__is_refused

! grep -q '"resolved"\|https\{0,1\}:' "$source/package.json" "$source/package-lock.json"
check lock_file__names__no_registry

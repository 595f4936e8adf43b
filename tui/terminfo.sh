#!/bin/sh
# Compiles a terminfo source and prints the entry as a C array. Usage: terminfo.sh SOURCE
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
tic -x -o "$dir" "$1"
echo "/* Made from terminfo.src by terminfo.sh. */"
echo "static const unsigned char direct_entry[] = {"
od -An -v -tu1 "$dir/s/sandpit-direct" | sed 's/\([0-9][0-9]*\)/\1,/g'
echo "};"

#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Prints what /play/ serves as C tables into OUT. xterm.js comes from the npm registry: `npm ci`
# takes the versions of package-lock.json and nothing whose SHA-512 is not the one there.
# Without npm, or when it fails, the page that says so takes the terminal's place; MODE "enabled"
# makes that an error.
#
# Usage: build.sh MODE NPM OUT SOURCE_DIR      NPM is '' when there is none
set -eu
mode=$1 npm=$2 out=$3 source=$4
work=$out.d
one=$out.one
modules=$work/node_modules/@xterm

fetch() {
    mkdir -p "$work"
    if cmp -s "$source/package-lock.json" "$work/fetched"; then return 0; fi
    cp "$source/package.json" "$source/package-lock.json" "$work/"
    (cd "$work" && "$npm" ci --ignore-scripts --prefer-offline --no-audit --no-fund \
        --fetch-retries=1 --fetch-timeout=60000 --loglevel=error >/dev/null) || return 1
    cp "$source/package-lock.json" "$work/fetched"
}

n=0
rows=
embed() { # NAME TYPE, of the file $one
    n=$((n + 1))
    echo "static const unsigned char bytes_${n}[] = {"
    od -An -v -tu1 "$one" | sed 's/  */,/g; s/^,//; s/$/,/'
    echo "};"
    etag=$(sha256sum <"$one" | cut -c1-32)
    row="{\"$1\", \"$2\", \"\\\"$etag\\\"\", bytes_$n, sizeof bytes_$n}"
}
page() { # VARIABLE, of the file $one
    embed "" "text/html; charset=utf-8"
    echo "static const struct play_file $1 = $row;"
}
words() { # VARIABLE FILE: its text in the frame of words.html
    sed "/<!-- words -->/{
        r $source/$2
        d
    }" "$source/words.html" >"$one"
    page "$1"
}
asset() { # NAME TYPE FILE
    # A source map is for those who have the sources.
    sed '/^\/\/# sourceMappingURL=/d' "$3" >"$one"
    embed "$1" "$2"
    rows="$rows    $row,
"
}

terminal() {
    cp "$source/page.html" "$one"
    page page_terminal
    for name in page link keys people style; do
        asset $name.js "text/javascript; charset=utf-8" "$source/$name.js"
    done
    for name in xterm addon-fit addon-unicode11; do
        asset $name.mjs "text/javascript; charset=utf-8" "$modules/$name/lib/$name.mjs"
    done
    asset xterm.css "text/css; charset=utf-8" "$modules/xterm/css/xterm.css"
    cat "$modules"/*/LICENSE >"$work/licences"
    asset licences.txt "text/plain; charset=utf-8" "$work/licences"
}

why=
if [ "$mode" = disabled ]; then
    why="of -Dplay=disabled"
elif [ -z "$npm" ]; then
    why="npm is not installed"
elif ! fetch; then
    why="npm could not fetch xterm.js"
fi
case ${why:+$mode} in
enabled)
    echo "play: error: no terminal in the browser, because $why" >&2
    exit 1
    ;;
auto)
    cat >&2 <<TXT
play: WARNING: this sandpitd gets no terminal in the browser, because $why.
play: WARNING: /play/ will say so. To try again: rm $PWD/$out && ninja -C $PWD
TXT
    ;;
esac
{
    echo "/* Made by host/daemon/play/build.sh. */"
    if [ -z "$why" ]; then terminal; else words page_terminal absent.html; fi
    words page_denied denied.html
    words page_used used.html
    asset page.css "text/css; charset=utf-8" "$source/page.css"
    asset icon.svg "image/svg+xml" "$source/icon.svg"
    printf 'static const struct play_file assets[] = {\n%s};\n' "$rows"
} >"$out.new"
mv "$out.new" "$out"
rm "$one"

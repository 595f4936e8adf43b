#!/bin/sh
# Measures ours and the yardstick interleaved in one run and prints ratios beside their targets.
# Usage: run.sh BUILD [parse] [pane] [key] [start] [create]; none means all. RUNS=3 sets the repeats.
set -eu
build=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
runs=${RUNS:-3}
rows=50
cols=200
work=$(mktemp -d)
export XDG_STATE_HOME="$work/state" XDG_CONFIG_HOME="$work/config" XDG_DATA_HOME="$work/data"
export XDG_RUNTIME_DIR="$work/run" TERM=xterm-256color
unset TMUX COMPUTESDK_API_KEY
mkdir -p "$work/state" "$work/config" "$work/data" "$work/run" "$work/corpus" "$work/bin"
chmod 700 "$work/run"
sandpit=$build/sandpit

stop() {
    for folder in "$work"/state/sandpitd/sandboxes/*; do
        [ ! -d "$folder" ] || "$sandpit" rm -y "${folder##*/}" >/dev/null 2>&1 || true
    done
    pid=$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$work/state/sandpitd/gateway.json" 2>/dev/null || true)
    [ -z "$pid" ] || kill "$pid" 2>/dev/null || true
    tmux -L "bench$$" kill-server 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

for c in gen_corpus key_latency line_pacer pane_probe pty_drain; do
    cc -O2 "$here/yardsticks/$c.c" -o "$work/bin/$c" -lutil
done
PATH=$work/bin:$PATH

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }
ratio() { # NAME OURS THEIRS TARGET UNIT (bigger is better)
    awk -v n="$1" -v a="$2" -v b="$3" -v t="$4" -v u="$5" 'BEGIN {
        printf "%-22s %6.2f x  (target >= %s)  ours %.1f, yardstick %.1f %s\n", n, a / b, t, a, b, u }'
}

corpora() {
    if [ -z "$(ls "$work/corpus")" ]; then
        gen_corpus "$work/corpus" >/dev/null
        rm -f "$work/corpus/random.bin" # libvterm 0.1.4 may not survive it
    fi
    ls "$work/corpus"
}

# --- a sandbox whose shell is what we want to measure -------------------------------------------
# The pane's program waits for /tmp/go, so that the viewer is attached before the clock starts.
make_box() { # NAME PROGRAM…
    box=$1
    shift
    id=$("$sandpit" new "bench/$box")
    root=$work/state/sandpitd/sandboxes/$id/root
    home=$("$sandpit" exec "bench/$box" -- sh -c 'echo $HOME')
    cp "$work/bin/pane_probe" "$root/tmp/"
    printf '#!/bin/sh\n%s\n' "$*" >"$root/tmp/pane.sh"
    chmod 755 "$root/tmp/pane.sh" "$root/tmp/pane_probe"
    printf 'exec /tmp/pane.sh\n' >"$root$home/.bashrc"
}

bench_parse() {
    echo "# parse + 10k scrollback against libvterm's state layer alone (200x50)"
    names=$(corpora)
    # shellcheck disable=SC2086
    (cd "$work/corpus" && "$build/bench/parse" $names)
}

probe_tmux() { # CORPUS → MB/s
    rm -f "$work/result"
    pty_drain $rows $cols -q -t 60 -- tmux -L "bench$$" -f /dev/null new-session -x $cols -y $rows \
        "tmux -L bench$$ set -g status off; pane_probe $work/corpus/$1 $work/result tmux" || true
    awk '{ print $4 }' "$work/result"
}

probe_ours() { # CORPUS → MB/s
    make_box "probe" "while [ ! -e /tmp/go ]; do sleep 0.05; done; exec /tmp/pane_probe /tmp/corpus /tmp/result sandpit"
    cp "$work/corpus/$1" "$root/tmp/corpus"
    (
        sleep 1.5 # the viewer attaches meanwhile; the probe measures only from its own start
        : >"$root/tmp/go"
    ) &
    "$here/until_file.sh" "$root/tmp/result" 60 \
        pty_drain $((rows + 1)) $cols -q -t 60 -- "$sandpit" shell "bench/probe" || true
    wait
    awk '{ print $4 }' "$root/tmp/result"
    "$sandpit" rm -y bench/probe >/dev/null
}

bench_pane() {
    echo "# pane end to end (guest's pty to parsed), against tmux attached (200x50)"
    for corpus in $(corpora); do
        case $corpus in
        *ascii* | *long*) target=1.0 ;;
        *seq*) target=1.3 ;;
        *cup* | *vim*) target=2 ;;
        *) target=4 ;;
        esac
        : >"$work/a"
        : >"$work/b"
        for _ in $(seq "$runs"); do
            probe_ours "$corpus" >>"$work/a"
            probe_tmux "$corpus" >>"$work/b"
        done
        ratio "pane ${corpus%.*}" "$(median <"$work/a")" "$(median <"$work/b")" $target MB/s
    done
}

p50() { sed -n 's/.* p50 \([0-9.]*\) .*/\1/p' "$1"; }
p99() { sed -n 's/.* p99 \([0-9.]*\) .*/\1/p' "$1"; }

bench_key() {
    echo "# key to echo, microseconds: a bare pty, tmux, ours"
    for size in "24 80 300" "50 200 400"; do
        # shellcheck disable=SC2086
        set -- $size
        make_box key 'stty raw -echo; exec cat'
        key_latency 400 2000 1 -r "$1" -c "$2" -- sh -c 'stty raw -echo; exec cat' >"$work/k0"
        key_latency 400 2000 1 -r "$1" -c "$2" -- tmux -L "bench$$" -f /dev/null new-session \
            'stty raw -echo; exec cat' >"$work/k1"
        tmux -L "bench$$" kill-server 2>/dev/null || true
        key_latency 400 2000 3 -r "$1" -c "$2" -- "$sandpit" shell bench/key >"$work/k2"
        "$sandpit" rm -y bench/key >/dev/null
        awk -v s="$2x$1" -v t="$3" -v a="$(p50 "$work/k2")" -v a9="$(p99 "$work/k2")" \
            -v b="$(p50 "$work/k1")" -v b9="$(p99 "$work/k1")" -v z="$(p50 "$work/k0")" 'BEGIN {
            printf "key %-7s p50 +%.0f us (target <= %d)  %.2f x tmux (+%.0f)   p99 %.0f us (target <= 2000), tmux %.0f\n",
                s, a - z, t, (a - z) / (b - z), b - z, a9, b9 }'
    done
}

bench_start() {
    echo "# start to first frame, milliseconds, against tmux"
    "$sandpit" ls >/dev/null
    : >"$work/a"
    : >"$work/b"
    for _ in $(seq 5); do
        drive -r 24 -c 80 -w sandboxes -t start -- "$sandpit" | awk '{ print $2 }' >>"$work/a"
        drive -r 24 -c 80 -w READY -t start -- tmux -L "bench$$" -f /dev/null new-session \
            'echo READY; sleep 60' | awk '{ print $2 }' >>"$work/b"
        tmux -L "bench$$" kill-server 2>/dev/null || true
    done
    awk -v a="$(median <"$work/a")" -v b="$(median <"$work/b")" 'BEGIN {
        printf "start to first frame   %.1f ms (target <= 100)  %.2f x tmux (%.1f ms)\n", a, a / b, b }'
}

bench_create() {
    echo "# sandbox created to prompt on the screen, milliseconds, against a shell in a new tmux"
    "$sandpit" ls >/dev/null
    : >"$work/a"
    : >"$work/b"
    for i in $(seq 5); do
        drive -r 24 -c 80 -w "box$i:" -t prompt -- "$sandpit" shell --create "bench/box$i" |
            awk '{ print $2 }' >>"$work/a"
        drive -r 24 -c 80 -w 'READY' -t prompt -- tmux -L "bench$$" -f /dev/null new-session \
            "PS1='READY ' bash --norc" | awk '{ print $2 }' >>"$work/b"
        tmux -L "bench$$" kill-server 2>/dev/null || true
        "$sandpit" rm -y "bench/box$i" >/dev/null
    done
    awk -v a="$(median <"$work/a")" -v b="$(median <"$work/b")" 'BEGIN {
        printf "create to prompt       %.1f ms (target <= 150)  %.2f x a shell in a new tmux (%.1f ms)\n", a, a / b, b }'
}

PATH=$build/bench:$PATH
[ $# -gt 0 ] || set -- parse pane key start create
for name in "$@"; do
    case $name in
    parse | pane | key | start | create) "bench_$name" ;;
    *)
        echo "bench: no measurement called $name (parse pane key start create)" >&2
        exit 2
        ;;
    esac
done

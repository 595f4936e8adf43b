#!/bin/sh
# Measures ours and the yardstick interleaved in one run and prints ratios beside their targets.
# Usage: run.sh BUILD [MEASUREMENT…]; none means all. RUNS=3 sets the repeats, SECONDS_EACH=10 how long
# a load is watched, CORPUS='s*' which corpora `pane` takes.
set -eu
build=$(cd "$1" && pwd)
shift
here=$(cd "$(dirname "$0")" && pwd)
measurements="parse receive repaint pane key interrupt start create list host panes memory wall flood predict"
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

drains=
stop() {
    # shellcheck disable=SC2086
    [ -z "$drains" ] || kill $drains 2>/dev/null || true
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
        printf "%-22s %6.2f x  %sours %.1f, yardstick %.1f %s\n", n, a / b,
            t == "-" ? "" : "(target >= " t ")  ", a, b, u }'
}

# An editor that pages and scrolls through code, as it wrote that to a terminal; without its questions,
# the answers to which nobody would read.
record_vim() { # FILE
    cat "$here"/../vterm/*.c >"$work/code.c"
    TERM=xterm-256color pty_drain $rows $cols -q -t 60 -l "$work/session" -- nvim --clean -n "$work/code.c" \
        -c 'syntax on | set number' \
        -c 'for i in range(60) | exe "normal! \<C-f>" | redraw | endfor' \
        -c 'for i in range(300) | exe "normal! \<C-y>" | redraw | endfor' \
        -c 'for i in range(60) | exe "normal! 20j" | redraw | endfor | qa!'
    LC_ALL=C sed -e 's/\x1b\[[?>=]*[0-9;]*[$]*[cnpqu]//g' -e 's/\x1b\][0-9;]*?[^\x07]*\x07//g' \
        "$work/session" >"$work/pages"
    while [ "$(wc -c <"$1")" -lt 24000000 ]; do
        cat "$work/pages" "$work/pages" "$work/pages" "$work/pages" >>"$1"
    done
}

corpora() {
    if [ -z "$(ls "$work/corpus")" ]; then
        gen_corpus "$work/corpus" >/dev/null
        : >"$work/corpus/vim.txt"
        record_vim "$work/corpus/vim.txt"
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

bench_receive() {
    command -v receive >/dev/null || {
        echo "bench: receive needs cmocka: install libcmocka-dev, then meson setup --reconfigure $build" >&2
        return 1
    }
    echo "# WebSocket messages of 16 KiB into the client, against read() of the same bytes"
    for _ in $(seq "$runs"); do receive; done >"$work/received"
    ratio "receive" "$(awk '{ print $1 }' "$work/received" | median)" "$(awk '{ print $2 }' "$work/received" | median)" - \
        "MB/s (target >= 120 MB/s)"
}

bench_repaint() {
    echo "# every cell of 200x50 painted anew in colours, against the bytes alone"
    TERM=xterm-256color pty_drain $rows $cols -q -t 60 -- "$build/bench/repaint" "$work/repainted"
    awk '{ printf "repaint                %.2f ms (target <= 1.6), until taken %.2f ms  %.2f x the %d bytes alone\n",
        $1 / 1e3, $2 / 1e3, $2 / $3, $4 }' "$work/repainted"
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

probe_pty() { # CORPUS → MB/s
    rm -f "$work/result"
    pty_drain $rows $cols -q -t 60 -- pane_probe "$work/corpus/$1" "$work/result" - || true
    awk '{ print $4 }' "$work/result"
}

bench_pane() {
    echo "# pane end to end (guest's pty to parsed), against tmux attached (200x50)"
    for corpus in $(corpora); do
        # shellcheck disable=SC2254 # a pattern
        case $corpus in ${CORPUS:-*}) ;; *) continue ;; esac
        case $corpus in
        *ascii* | *long*) target=1.0 ;;
        *seq*) target=1.3 ;;
        *cup* | *vim*) target=2 ;;
        *) target=4 ;;
        esac
        : >"$work/a"
        : >"$work/b"
        : >"$work/c"
        for _ in $(seq "$runs"); do
            probe_ours "$corpus" >>"$work/a"
            probe_tmux "$corpus" >>"$work/b"
            probe_pty "$corpus" >>"$work/c"
        done
        ratio "pane ${corpus%.*}" "$(median <"$work/a")" "$(median <"$work/b")" $target \
            "MB/s, a pty drained by nothing $(median <"$work/c")"
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

# --- lists of thousands ---------------------------------------------------------------------------

# A gateway that lists many sandboxes, and what the dashboard spends on them.
crowd_drive() { # SANDBOXES CHANGES_A_SECOND STEP…
    : >"$work/crowd"
    crowd "$1" "$2" >"$work/crowd" &
    crowd_pid=$!
    shift 2
    while [ ! -s "$work/crowd" ] && kill -0 $crowd_pid 2>/dev/null; do sleep 0.05; done
    COMPUTESDK_API_KEY=x drive -r $rows -c $cols "$@" -- "$sandpit" --gateway "$(cat "$work/crowd")" ||
        true
    kill $crowd_pid 2>/dev/null || true
    wait $crowd_pid 2>/dev/null || true
}

of_list() { # LABEL FIELD: the median of a column of what drive printed
    awk -v l="$1" -v f="$2" '$1 == l { print $f }' "$work/list" | median
}

bench_list() {
    command -v crowd >/dev/null || {
        echo "bench: list needs cmocka: install libcmocka-dev, then meson setup --reconfigure $build" >&2
        return 1
    }
    echo "# lists of sandboxes (${cols}x$rows); CPU of the dashboard alone"
    keys=$(printf '%0120d' 0 | tr 0 j)
    : >"$work/list"
    for _ in $(seq "$runs"); do
        crowd_drive 1000 0 -w sandboxes -t first1 -w 1/1000 -t all1 >>"$work/list"
        crowd_drive 10000 0 -w sandboxes -t first10 -w box- -t row10 -w 1/10000 -t all10 -u sync \
            -z 2500 -s '\e' -i 16 -k "$keys" -u scroll -s / -i 50 -k box-12 -z 200 -u filter >>"$work/list"
        crowd_drive 10000 200 -w 1/10000 -z 2500 -s '\e' -z 4000 -u changes \
            -s / -k box-12 -z 300 -s ' ' -z 4000 -u filtered >>"$work/list"
    done
    printf 'start, 1,000           first frame %.0f ms, all listed %.0f ms (target <= 100)\n' \
        "$(of_list first1 2)" "$(of_list all1 2)"
    printf 'start, 10,000          first frame %.0f ms, first rows %.0f ms (target <= 100), all listed %.0f ms, %.0f ms of CPU\n' \
        "$(of_list first10 2)" "$(of_list row10 2)" "$(of_list all10 2)" "$(of_list sync 2)"
    share "scroll 10,000 at 60/s" "$(of_list scroll 2)" "$(of_list scroll 3)" 10
    share "200 changes/s" "$(of_list changes 2)" "$(of_list changes 3)" 3
    share "the same, filtered" "$(of_list filtered 2)" "$(of_list filtered 3)" 3
    awk -v cpu="$(of_list filter 2)" 'BEGIN {
        printf "filter keystroke       %.1f ms of CPU (target < 16)\n", cpu / 7 }'
}

share() { # NAME CPU_MS MS TARGET_PERCENT
    awk -v n="$1" -v c="$2" -v w="$3" -v t="$4" 'BEGIN {
        printf "%-22s %.2f %% of a core (target <= %s)\n", n, 100 * c / w, t }'
}

# --- sandpitd alone ---------------------------------------------------------------------------------

# Requests a second of one connection set, one thread. wrk -H as given.
requests() { # SECONDS CONNECTIONS URL [wrk OPTIONS…]
    for_s=$1 with=$2 asked=$3
    shift 3
    wrk -t1 -c"$with" -d"${for_s}s" "$@" "$asked" | awk '/^Requests\/sec/ { print $2 }'
}

# nginx, one worker, answering a few bytes of JSON: what a web server makes of this machine.
start_nginx() {
    cat >"$work/nginx.conf" <<CONF
daemon on; worker_processes 1; pid $work/nginx.pid; error_log /dev/null crit;
events { worker_connections 256; }
http { access_log off; keepalive_requests 10000000;
    server { listen 127.0.0.1:17781; location / { default_type application/json; return 200 '{"status":"ok","timestamp":"2026-01-01T00:00:00.000Z"}'; } } }
CONF
    nginx -c "$work/nginx.conf" 2>/dev/null
}

create_boxes() { # FROM TO
    seq "$1" "$2" | xargs -P4 -I{} curl -s -o /dev/null -H "X-ComputeSDK-API-Key: $key" \
        -d '{"namespace":"bench","name":"many{}"}' "$url/v1/sandboxes"
}

# Mean private memory of the daemons, MB.
daemon_memory() {
    for pid in $(pgrep -f '^/etc/sandpit/sandpitd daemon'); do
        awk '/^Private_/ { kb += $2 } END { print kb }' "/proc/$pid/smaps_rollup" 2>/dev/null
    done | awk '{ kb += $1; n++ } END { printf "%.2f %d\n", kb / n / 1024, n }'
}

bench_host() {
    "$sandpit" ls >/dev/null
    url=$(sed -n 's/.*"url": *"\([^"]*\)".*/\1/p' "$work/state/sandpitd/gateway.json")
    key=$(cat "$work/state/sandpitd/api-key")
    id=$("$sandpit" new bench/host)
    token=$(curl -s -H "X-ComputeSDK-API-Key: $key" "$url/v1/sandboxes/$id" |
        sed -n 's/.*"token":"\([^"]*\)".*/\1/p')
    host=$id.localhost:${url##*:}
    start_nginx
    : >"$work/a"; : >"$work/b"; : >"$work/c"
    for _ in $(seq "$runs"); do
        requests 3 16 "$url/health" >>"$work/a"
        requests 3 16 "$url/health" -H "Host: $host" >>"$work/b"
        requests 3 16 http://127.0.0.1:17781/ >>"$work/c"
    done
    kill "$(cat "$work/nginx.pid")"
    echo "# small GET, requests a second on one core, against nginx with one worker (target: >= 20000)"
    ratio "gateway" "$(median <"$work/a")" "$(median <"$work/c")" - req/s
    ratio "in a sandbox" "$(median <"$work/b")" "$(median <"$work/c")" - req/s

    printf 'wrk.method = "POST"\nwrk.body = "{\\"command\\":\\"true\\"}"\n' >"$work/command.lua"
    : >"$work/a"; : >"$work/b"
    for _ in $(seq "$runs"); do
        requests 3 1 "$url/run/command" -H "Host: $host" -H "Authorization: Bearer $token" \
            -s "$work/command.lua" | awk '{ print 1000 / $1 }' >>"$work/a"
        "$sandpit" exec bench/host -- sh -c 'a=$(date +%s%N); i=0; while [ $i -lt 200 ]; do sh -c true
            i=$((i + 1)); done; b=$(date +%s%N); echo $(((b - a) / 200))' |
            awk '{ print $1 / 1e6 }' >>"$work/b"
    done
    awk -v a="$(median <"$work/a")" -v b="$(median <"$work/b")" 'BEGIN {
        printf "a command              %.2f ms, %.2f over the command itself (target <= 5; sh -c true %.2f ms)\n", a, a - b, b }'

    begin=$(date +%s%N)
    create_boxes 1 199
    end=$(date +%s%N)
    awk -v ns=$((end - begin)) 'BEGIN { printf "sandboxes created      %.1f a second (199, four at a time)\n", 199e9 / ns }'
    sleep 3
    daemon_memory | awk '{ printf "private memory         %.2f MB a daemon with %d of them (target <= 4)\n", $1, $2 }'
}

PATH=$build/bench:$PATH
. "$here/panes.sh"
# shellcheck disable=SC2086 # a list of words
[ $# -gt 0 ] || set -- $measurements
for name in "$@"; do
    case " $measurements " in
    *" $name "*) "bench_$name" ;;
    *)
        echo "bench: no measurement called $name ($measurements)" >&2
        exit 2
        ;;
    esac
done

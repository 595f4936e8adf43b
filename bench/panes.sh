# shellcheck shell=sh disable=SC2154,SC2086 # run.sh sets what is not set here; lists are words
#
# Many terminals at once, and one far away; sourced by run.sh. The dashboard runs under a terminal
# that costs nothing (pty_drain), with panes as its layout file names them, so nothing has to be
# typed to open them.
#
# CPU is that of all threads of a process, in nanoseconds, as the scheduler counts it.

used() { # PID… → CPU_NS WAKEUPS
    for process in "$@"; do
        cat "/proc/$process"/task/*/schedstat 2>/dev/null | awk '{ ns += $1 } END { printf "%.0f ", ns }'
        cat "/proc/$process"/task/*/status 2>/dev/null |
            awk '/^voluntary_ctxt_switches/ { n += $2 } END { print n + 0 }'
    done | awk '{ ns += $1; n += $2 } END { printf "%.0f %d\n", ns, n }'
}

# How much of a core processes take for so long: "PERCENT WAKEUPS_A_SECOND" into a file.
spend() { # FILE SECONDS PID…
    into=$1 for_s=$2
    shift 2
    before=$(used "$@")
    begin=$(date +%s%N)
    sleep "$for_s"
    end=$(date +%s%N)
    echo "$before $(used "$@") $((end - begin))" |
        awk '{ printf "%.2f %.1f\n", 100 * ($3 - $1) / $5, ($4 - $2) * 1e9 / $5 }' >"$into"
}

private_kb() { # PID
    awk '/^Private_/ { kb += $2 } END { print kb }' "/proc/$1/smaps_rollup"
}

daemon_of() { # SANDBOX_ID → PID
    for process in $(pgrep -f '^/etc/sandpit/sandpitd daemon'); do
        ! grep -q "/$1/root" "/proc/$process/mountinfo" 2>/dev/null || echo "$process"
    done | head -1
}

# Waits until a command says so, at most a minute.
until_true() { # COMMAND…
    tries=600
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || {
            echo "bench: not within a minute: $*" >&2
            return 1
        }
        sleep 0.1
    done
}

# --- sandboxes and their terminals ------------------------------------------------------------------

pane_box() { # NAME: $id, with the pacer in its /tmp
    id=$("$sandpit" new "bench/$1")
    cp "$work/bin/line_pacer" "$work/state/sandpitd/sandboxes/$id/root/tmp/"
}

new_terminals() { # NAME COUNT → IDS
    for _ in $(seq "$2"); do "$sandpit" terminals "bench/$1" create; done
}

say_to() { # NAME LINE ID…: typed in each
    name=$1 line=$2
    shift 2
    for terminal in "$@"; do "$sandpit" terminals "bench/$name" send "$terminal" "$line" </dev/null; done
}

viewed() { # NAME COUNT: so many of its terminals are shown somewhere
    [ "$("$sandpit" terminals "bench/$1" list | awk '$6 == 1' | wc -l)" = "$2" ]
}

# --- layouts: tabs of panes in even columns of two ---------------------------------------------------

split_off() { # WAY ITEMS: the first of so many that share the room evenly
    [ "$2" -le 1 ] || awk -v w="$1" -v n="$2" 'BEGIN { printf "split %s %.4f\n", w, 1 / n }'
}

tab_of() { # SIGN SANDBOX_ID TERMINAL…
    printf 'tab %s \n' "$1"
    box=$2
    shift 2
    sign='*'
    while [ $# -gt 0 ]; do
        columns=$((($# + 1) / 2))
        split_off right $columns
        [ $# -eq 1 ] || split_off down 2
        echo "leaf $sign shell $box $1"
        sign=-
        [ $# -eq 1 ] || echo "leaf - shell $box $2"
        shift
        [ $# -eq 0 ] || shift
    done
}

layout_of() { # PANES_A_TAB SANDBOX_ID TERMINAL…: into the file the next start reads
    each=$1 box_id=$2
    shift 2
    mkdir -p "$work/state/sandpit/layouts"
    {
        echo 'sandpit-layout 1'
        shown='*'
        while [ $# -gt 0 ]; do
            part=
            for _ in $(seq "$each"); do
                [ $# -gt 0 ] || break
                part="$part $1"
                shift
            done
                    tab_of "$shown" "$box_id" $part
            shown=-
        done
    } >"$work/state/sandpit/layouts/embedded"
}

# --- programs under a terminal -----------------------------------------------------------------------

show() { # ROWS COLS PROGRAM…: sets $drain and $shown_pid; what it draws goes to $work/drawn
    at_rows=$1 at_cols=$2
    shift 2
    pty_drain "$at_rows" "$at_cols" -q -l "$work/drawn" -t 600 -- "$@" &
    drain=$!
    drains="$drains $drain"
    until_true pgrep -P "$drain" >/dev/null
    shown_pid=$(pgrep -P "$drain")
}

forget() { # PID: it has ended
    drains=$(for pid in $drains; do [ "$pid" = "$1" ] || echo "$pid"; done)
}

unshow() {
    kill "$shown_pid" 2>/dev/null || true
    wait "$drain" 2>/dev/null || true
    forget "$drain"
}

# Ten busy and a hundred idle panes: the first window shows ten tiled ones.
tmux_panes() {
    show $rows $cols tmux -L "bench$$" -f /dev/null new-session -x $cols -y $rows 'bash --norc'
    until_true tmux -L "bench$$" has-session 2>/dev/null
    for window in $(seq 0 10); do
        [ "$window" = 0 ] || tmux -L "bench$$" new-window -d -t ":$window" 'bash --norc'
        for _ in $(seq 9); do
            tmux -L "bench$$" split-window -d -t ":$window" 'bash --norc'
            tmux -L "bench$$" select-layout -t ":$window" tiled >/dev/null
        done
    done
    tmux_pids=$(tmux -L "bench$$" display-message -p '#{pid} #{client_pid}')
}

tmux_busy() { # LINES_A_SECOND SECONDS
    for pane in $(seq 0 9); do
        tmux -L "bench$$" send-keys -t ":0.$pane" "timeout $2 line_pacer $1" Enter
    done
}

at_work() { # LINES_A_SECOND TARGET
    lasts=$((seconds + 4))
    say_to panes "timeout $lasts /tmp/line_pacer $1" $busy
    sleep 0.5
    spend "$work/ours" "$seconds" "$shown_pid" &
    spend "$work/daemon" "$seconds" "$daemon_pid"
    wait $!
    sleep 4
    tmux_busy "$1" "$lasts"
    sleep 0.5
    spend "$work/theirs" "$seconds" $tmux_pids
    sleep 4
    echo "$(cat "$work/ours") $(cat "$work/theirs") $(cat "$work/daemon")" |
        awk -v l="$1" -v t="$2" '{
            printf "10 at %-6d lines/s    %.1f %% of a core (target <= %d)  %.2f x tmux (%.1f %%)   %.0f wakeups/s, tmux %.0f; the daemon %.1f %%\n",
                l, $1, t, $1 / $3, $3, $2, $4, $5 }'
}

bench_panes() {
    seconds=${SECONDS_EACH:-10}
    echo "# 110 panes, 10 of them shown (${cols}x$rows), against tmux with the same"
    pane_box panes
    all=$(new_terminals panes 110)
    layout_of 10 "$id" $all
    busy=$(printf '%s\n' $all | head -10)
    tmux_panes
    tmux_drain=$drain tmux_shown=$shown_pid
    show $rows $cols "$sandpit"
    until_true viewed panes 110
    daemon_pid=$(daemon_of "$id")
    sleep 3
    spend "$work/theirs" "$seconds" $tmux_pids &
    spend "$work/ours" "$seconds" "$shown_pid"
    wait $!
    echo "$(cat "$work/ours") $(cat "$work/theirs")" | awk '{
        printf "idle                   %.2f %% of a core (target <= 0.1), %.1f wakeups/s (target <= 1); tmux %.2f %%, %.1f\n",
            $1, $2, $3, $4 }'
    at_work 100 10
    at_work 1000 14
    at_work 10000 50
    unshow
    drain=$tmux_drain shown_pid=$tmux_shown
    tmux -L "bench$$" kill-server 2>/dev/null || true
    unshow
    "$sandpit" rm -y bench/panes >/dev/null
}

# --- memory ------------------------------------------------------------------------------------------

# A tab a terminal, so that each is 80 columns wide; the second filling takes the place of the first.
bench_memory() {
    echo "# memory of the dashboard for a pane of 80x24 with 10,000 lines of scrollback"
    corpora >/dev/null
    pane_box memory
    inside=$work/state/sandpitd/sandboxes/$id/root/tmp
    for corpus in ascii sgr; do head -c 6000000 "$work/corpus/$corpus.txt" >"$inside/$corpus"; done
    for corpus in ascii sgr; do
        all=$(new_terminals memory 10)
        layout_of 1 "$id" $all
        show 26 80 "$sandpit"
        until_true viewed memory 10
        sleep 1
        empty=$(private_kb "$shown_pid")
        say_to memory "clear; cat /tmp/$corpus" $all
        sleep 4
        full=$(private_kb "$shown_pid")
        unshow
        "$sandpit" terminals bench/memory rm $all
        awk -v c=$corpus -v kb=$((full - empty)) 'BEGIN {
            printf "%-22s %.2f MB a pane (target <= %s)\n", c == "sgr" ? "dense colour" : "log text",
                kb / 10 / 1024, c == "sgr" ? "3" : "1.5" }'
    done
    "$sandpit" rm -y bench/memory >/dev/null
}

# --- the wall ----------------------------------------------------------------------------------------

all_drawn() { # NAME…
    for name in "$@"; do grep -q "$name" "$work/drawn" || return 1; done
}

drawn_bytes() {
    wc -c <"$work/drawn"
}

bench_wall() {
    seconds=${SECONDS_EACH:-10}
    echo "# wall of 64 live terminals, a sandbox each, 10 busy (${cols}x$rows)"
    for name in $(seq -f wall%02g 64); do
        pane_box "$name" 2>/dev/null
        echo "$name $(new_terminals "$name" 1)"
    done >"$work/class"
    show $rows $cols "$sandpit" --view wall
    # shellcheck disable=SC2046
    until_true all_drawn $(cut -d ' ' -f 1 "$work/class")
    for rate in 100 1000; do
        head -10 "$work/class" | while read -r name terminal; do
            say_to "$name" "timeout $((seconds + 5)) /tmp/line_pacer $rate" "$terminal"
        done
        sleep 1
        before_bytes=$(drawn_bytes)
        spend "$work/ours" "$seconds" "$shown_pid"
        awk -v l=$rate -v b=$(($(drawn_bytes) - before_bytes)) -v s="$seconds" '{
            printf "10 at %-6d lines/s    %.1f %% of a core (target <= 15), %.1f kB/s to the terminal (target <= 100), %.0f wakeups/s\n",
                l, $1, b / s / 1000, $2 }' "$work/ours"
        sleep 5
    done
    unshow
    while read -r name _; do "$sandpit" rm -y "bench/$name" >/dev/null 2>&1; done <"$work/class"
}

# --- typing beside floods ----------------------------------------------------------------------------

flood_of() { # NUMBER: what the pane of that number runs
    case $(($1 % 4)) in
    0) echo 'yes' ;;
    1) echo 'seq 1 999999999' ;;
    2) echo 'base64 /dev/urandom' ;;
    3) printf '%s\n' "awk 'BEGIN { for (;;) for (i = 0; i < 256; i++) printf \"\\033[38;5;%dm#%d \", i, i }'" ;;
    esac
}

typed_beside() { # FILE ROWS COLS PROGRAM…: a key every 50 ms
    into=$1 at_rows=$2 at_cols=$3
    shift 3
    key_latency 200 50000 3 -b -r "$at_rows" -c "$at_cols" -- "$@" >"$into" || true
}

flooded_tmux() { # ROWS COLS: detached, the keys go to its first pane
    tmux -L "bench$$" -f /dev/null new-session -d -x "$2" -y "$1" 'stty raw -echo; exec cat'
    for pane in $(seq 10); do
        tmux -L "bench$$" split-window -d "$(flood_of "$pane")"
        tmux -L "bench$$" select-layout tiled >/dev/null
    done
}

bench_flood() {
    echo "# key to echo while ten other panes of the sandbox flood, against tmux with the same"
    for size in "24 80" "50 200"; do
        # shellcheck disable=SC2086
        set -- $size
        pane_box flood
        all=$(new_terminals flood 11)
        layout_of 11 "$id" $all
        # shellcheck disable=SC2086
        typist=$(printf '%s\n' $all | head -1)
        say_to flood 'stty raw -echo; exec cat' "$typist"
        typed_beside "$work/quiet" "$1" "$2" "$sandpit"
        for pane in $(seq 10); do
            say_to flood "$(flood_of "$pane")" "$(printf '%s\n' $all | sed -n "$((pane + 1))p")"
        done
        typed_beside "$work/ours" "$1" "$2" "$sandpit"
        "$sandpit" rm -y bench/flood >/dev/null
        flooded_tmux "$1" "$2"
        typed_beside "$work/theirs" "$1" "$2" tmux -L "bench$$" attach
        tmux -L "bench$$" kill-server 2>/dev/null || true
        awk -v s="$2x$1" -v q="$(p50 "$work/quiet")" -v q9="$(p99 "$work/quiet")" \
            -v a="$(p50 "$work/ours")" -v a9="$(p99 "$work/ours")" \
            -v b="$(p50 "$work/theirs")" -v b9="$(p99 "$work/theirs")" 'BEGIN {
            printf "key beside floods %-7s p50 %.2f ms, quiet %.2f, %.2f x tmux   p99 %.2f ms (target <= 5), quiet %.2f, %.2f x tmux\n",
                s, a / 1e3, q / 1e3, a / b, a9 / 1e3, q9 / 1e3, a9 / b9 }'
    done
}

interrupt_of() { # FILE PROGRAM…: C-c to prompt, milliseconds
    into=$1
    shift
    drive -r $rows -c $cols -w 'ready>' -s 'yes\r' -g 'ready>' -z 1000 -s "$(printf '\003')" -w 'ready>' \
        -t prompt -- "$@" | awk '{ print $2 }' >>"$into"
}

bench_interrupt() {
    echo "# C-c in a flooding pane until the prompt is on the screen, milliseconds, against tmux"
    "$sandpit" new bench/interrupt >/dev/null
    # shellcheck disable=SC2016 # its home
    "$sandpit" exec bench/interrupt -- sh -c 'echo "PS1=\"ready> \"" >"$HOME/.bashrc"'
    : >"$work/a"
    : >"$work/b"
    for _ in $(seq 5); do
        interrupt_of "$work/a" "$sandpit" shell bench/interrupt
        interrupt_of "$work/b" tmux -L "bench$$" -f /dev/null new-session "PS1='ready> ' bash --norc"
        tmux -L "bench$$" kill-server 2>/dev/null || true
    done
    "$sandpit" rm -y bench/interrupt >/dev/null
    awk -v a="$(median <"$work/a")" -v b="$(median <"$work/b")" -v worst="$(sort -n "$work/a" | tail -1)" 'BEGIN {
        printf "C-c to prompt          %.1f ms, worst %.1f (target < 100)  %.2f x tmux (%.1f ms)\n", a, worst, a / b, b }'
}

# --- over a slow link --------------------------------------------------------------------------------

typed_far() { # PREDICTION → p50 of key to echo, microseconds
    mkdir -p "$work/config/sandpit"
    printf '[general]\nprediction = %s\n' "$1" >"$work/config/sandpit/config.ini"
    COMPUTESDK_API_KEY=$(cat "$work/far/api-key") key_latency 60 120000 3 -- \
        "$sandpit" --gateway "http://127.0.0.1:$far_port" shell bench/far >"$work/far_keys" || true
    rm "$work/config/sandpit/config.ini"
    p50 "$work/far_keys"
}

bench_predict() {
    echo "# key to echo over a link of 25 ms each way, without prediction and with it"
    slow_link 25 >"$work/link" &
    drains="$drains $!"
    until_true test -s "$work/link"
    far_port=$(cat "$work/link")
    mkdir "$work/far"
    chmod 700 "$work/far"
    "$build/sandpitd" gateway --ephemeral --state "$work/far" --listen "127.0.0.2:$far_port" \
        --pubsub 127.0.0.1:0 >"$work/far.log" 2>&1 &
    drains="$drains $!"
    until_true test -s "$work/far/api-key"
    until_true curl -s -o /dev/null "http://127.0.0.1:$far_port/health"
    id=$(COMPUTESDK_API_KEY=$(cat "$work/far/api-key") "$sandpit" \
        --gateway "http://127.0.0.1:$far_port" new bench/far)
    awk -v off="$(typed_far off)" -v on="$(typed_far on)" 'BEGIN {
        printf "key, prediction on     p50 %.2f ms  %.3f x without (%.1f ms)\n", on / 1e3, on / off, off / 1e3 }'
    COMPUTESDK_API_KEY=$(cat "$work/far/api-key") "$sandpit" \
        --gateway "http://127.0.0.1:$far_port" rm -y bench/far >/dev/null
}

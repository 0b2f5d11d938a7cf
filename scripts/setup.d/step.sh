# shellcheck shell=bash
# Shows a long command as one line on the terminal. Sourced by scripts/setup and the scripts that it calls.

say() { printf '%s\n' "$*"; }

fail() {
    printf '\nsetup: %s\n' "$*" >&2
    exit 1
}

# step NAME "what happens (how long it takes)" COMMAND...
# The command's output goes to $LOGS/NAME.log. While it runs, this shows the seconds and the log's newest "[3/40]" (on a
# terminal in one line; elsewhere as a new line every 30 s). If it fails, this shows the end of the log.
step() {
    local what=$2 log=$LOGS/$1.log
    shift 2
    mkdir -p "$LOGS"
    printf '%s … ' "$what"
    [[ -t 1 ]] || printf '\n'
    set -m # its own process group, so that an interrupt also stops a compiler
    "$@" </dev/null >"$log" 2>&1 &
    local pid=$! begun=$SECONDS status=0
    set +m
    # shellcheck disable=SC2064  # the process id of now
    trap "kill -TERM -- -$pid 2>/dev/null || true; wait $pid || true; printf '\ninterrupted\n' >&2; exit 130" INT TERM HUP
    show_alive "$pid" "$log" "$what"
    wait "$pid" || status=$?
    trap - INT TERM HUP
    if ((status)); then
        printf '\nfailed (exit status %s). The end of %s:\n\n' "$status" "$log" >&2
        tail -n 30 "$log" | cut -c1-400 >&2
        exit "$status"
    fi
    if [[ -t 1 ]]; then printf '\r\033[K%s: done in %s s\n' "$what" $((SECONDS - begun)); fi
    [[ -t 1 ]] || printf '  done in %s s\n' $((SECONDS - begun))
}

show_alive() {
    local pid=$1 log=$2 what=$3 begun=$SECONDS waited=0 progress
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        waited=$((waited + 1))
        ((waited % 5 == 0)) || continue
        progress=$(tail -n 40 "$log" | grep -oE '\[[0-9]+/[0-9]+\]' | tail -n 1 || true)
        if [[ -t 1 ]]; then
            printf '\r\033[K%s … %s s %s' "$what" $((SECONDS - begun)) "$progress"
        elif ((waited % 150 == 0)); then
            printf '  still running after %s s %s\n' $((SECONDS - begun)) "$progress"
        fi
    done
}

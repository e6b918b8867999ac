# SPDX-License-Identifier: MIT
# What the tests of aditctl.exe share; sourced, in the sandbox and the repository's folder.
# shellcheck shell=bash

failures=0
binaries=build/windows-amd64
adit_wine=($binaries/wine/adit-wine --prefix build/wine-prefix)
# Without the look at the machine that adit-wine takes each time; for use while a session is held.
wine=(env WINEPREFIX="$PWD/build/wine-prefix" WINEDEBUG=-all
    "$(command -v wine64 || echo /usr/lib/wine/wine64)")
work=build/tools-test
rm -rf "$work"
mkdir -p "$work"

check() { # <what> <command>...
    local what=$1
    shift
    if "$@"; then echo "ok: $what"; else echo "FAILED: $what"; failures=$((failures + 1)); fi
}

same() { # <value> <wanted value>
    [ "$1" = "$2" ] && return
    printf '    %s\n    is not\n    %s\n' "$1" "$2"
    return 1
}

has() { # <file> <text, as grep has it>
    grep -q -e "$2" "$1" && return
    printf "    '%s' is not in %s:\n" "$2" "$1"
    sed 's/^/    /' "$1"
    return 1
}

# Keeps a Wine session until release_session, so that not every program starts one.
hold_session() {
    local shell=build/wine-prefix/drive_c/windows/system32/cmd.exe
    # The first program makes the prefix.
    [ -e "$shell" ] || "${adit_wine[@]}" $binaries/bin/aditctl.exe --version
    coproc holder { exec "${adit_wine[@]}" "$shell" /q 2>/dev/null; }
    # shellcheck disable=SC2154
    holder_pid=$holder_PID
    # It is there when it answers; the next program would make a session of its own.
    echo 'echo ready' >&"${holder[1]}"
    while IFS= read -r line <&"${holder[0]}" && [[ $line != ready* ]]; do :; done
}

release_session() {
    echo exit >&"${holder[1]}"
    exec {holder[1]}>&-
    wait "$holder_pid"
}

# aditctl.exe, while a session is held; its output is in $work/out and $work/err, its exit code in
# $status.
ctl() { # <argument>...
    "${wine[@]}" $binaries/bin/aditctl.exe "$@" >"$work/out" 2>"$work/err"
    status=$?
}

# succeeds <what> <argument>...
succeeds() {
    local what=$1
    shift
    ctl "$@"
    check "$what: exit code $status" [ "$status" -eq 0 ]
    [ "$status" -eq 0 ] || sed 's/^/    /' "$work/err"
}

# fails <exit code> <text of the message> <argument>...
fails() {
    local wanted=$1 text=$2
    shift 2
    ctl "$@"
    check "'$(cut -c1-60 <<<"$*")' is refused: $(head -n 1 "$work/err")" \
        eval 'same "$status" "$wanted" && has "$work/err" "$text" && same "$(cat "$work/out")" ""'
}

# Starts aditctl.exe, as $pid; its output goes to $work/NAME.out and $work/NAME.err.
start() { # <name> <argument>...
    local name=$1
    shift
    "${adit_wine[@]}" $binaries/bin/aditctl.exe "$@" >"$work/$name.out" 2>"$work/$name.err" &
    pid=$!
}

wait_for() { # <file> <text>
    for _ in $(seq 600); do
        grep -q -e "$2" "$1" 2>/dev/null && return
        sleep 0.05
    done
    has "$1" "$2"
}

# Sends Ctrl-C; $status becomes the exit code.
interrupt() { # <pid>
    kill -INT "$1"
    wait "$1"
    status=$?
}

# The value of an expression of jq, which fails for what is no JSON, or for more than one value.
json() { # <file> <expression>
    jq -s -r "if length == 1 then .[0] else error(\"\(length) values\") end | $2" "$1"
}

# shellcheck shell=bash
# What every script here shares: where things are, how something is said, and the choices kept in .headframe/env.
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
STATE="$ROOT/.headframe"
ENV_FILE="$STATE/env"
SUPERVISOR_CONF="$STATE/supervisord/headframe.conf"

# A unix socket's path holds 107 bytes, and supervisord adds its pid while it binds: a deep checkout gets a short one.
SUPERVISOR_SOCKET="$STATE/supervisor.sock"
if ((${#SUPERVISOR_SOCKET} > 90)); then
    SUPERVISOR_SOCKET="/tmp/headframe-$(id -u)-$(cksum <<<"$STATE" | cut -d' ' -f1).sock"
fi

say() { printf 'headframe: %s\n' "$*"; }

fail() {
    printf 'headframe: %s\n' "$*" >&2
    exit 1
}

# The value that .headframe/env keeps for a key; nothing where it has none.
stored() {
    [[ -f "$ENV_FILE" ]] || return 0
    sed -n "s/^$1=//p" "$ENV_FILE" | tail -n 1
}

# Exports what .headframe/env says, except for what the environment already says.
load_env() {
    [[ -f "$ENV_FILE" ]] || fail "there is no $ENV_FILE yet: run \`make prepare\` or \`make up\` first"
    local line key
    while IFS= read -r line; do
        [[ "$line" =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || continue
        key="${line%%=*}"
        [[ -n "${!key+set}" ]] || export "$key=${line#*=}"
    done <"$ENV_FILE"
}

# The names of all settings of services that the environment has, but for those that are a process's own.
given_settings() {
    compgen -e | { grep --extended-regexp '^(HEADFRAME|STRATUM|JOBMANAGER|REPORTER|MINER)_' || true; } |
        { grep --invert-match --line-regexp --extended-regexp 'HEADFRAME_(ENV_FILE|INSTANCE)' || true; }
}

# Talks to our own supervisord, never the system's. By its path: .headframe/bin may stand in PATH, and has a command of the same name.
supervisor() { /usr/bin/supervisorctl --configuration "$SUPERVISOR_CONF" --serverurl "unix://$SUPERVISOR_SOCKET" "$@"; }

# Whether our supervisord answers.
supervisor_answers() { [[ -S "$SUPERVISOR_SOCKET" ]] && [[ "$(supervisor pid 2>/dev/null)" =~ ^[0-9]+$ ]]; }

# Process ids whose environment holds the line KEY=VALUE. Supervisord gives each child the address of its socket, and
# children of children inherit it: so a process of ours is found whatever became of its parents.
processes_with() {
    local wanted="$1" file pid
    for file in /proc/[0-9]*/environ; do
        pid="${file#/proc/}" && pid="${pid%/environ}"
        [[ "$pid" != "$$" ]] || continue
        { tr '\0' '\n' <"$file" | grep --quiet --line-regexp --fixed-strings -- "$wanted"; } 2>/dev/null || continue
        printf '%s\n' "$pid"
    done
}

our_processes() { processes_with "SUPERVISOR_SERVER_URL=unix://$SUPERVISOR_SOCKET"; }

# wait_for SECONDS COMMAND...: true as soon as the command is, false when the time is over.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.2
    done
}

# The names of the programs in one of supervisord's groups, base or services.
programs_of() { sed -n "/^\[group:$1\]/,/^priority/s/^programs=//p" "$SUPERVISOR_CONF" | tr ',' '\n'; }

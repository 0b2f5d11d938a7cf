# shellcheck shell=bash
# A private apt: Debian's packages and sources, without changing the machine's own lists. Sourced by scripts that unpack or
# build packages. It uses the machine's package source with another suite. With an empty package status, apt downloads all
# dependencies, including the C library, so the age of the machine's own does not matter. With the machine's own suite and
# DPKG_STATUS=/var/lib/dpkg/status, it downloads only what is not installed.

# open_apt WORK SUITE [TYPE]      afterwards private_apt is apt-get; TYPE is deb (the default) or deb-src
open_apt() {
    local tool
    for tool in apt-get dpkg; do
        command -v "$tool" >/dev/null || { echo "no $tool here"; return 1; }
    done
    apt_work=$1
    rm -rf "$apt_work"
    mkdir -p "$apt_work"/{root,state/lists/partial,cache/archives/partial}
    : >"$apt_work/state/status"
    own_source "$2" "${3:-deb}" || { echo "no package source of this release found in /etc/apt"; return 1; }
}

# Finds the entry for the machine's release in its package sources, and changes the suite and the type.
own_source() {
    local codename suite=$1 type=$2
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    [[ $codename ]] || return 1
    shopt -s nullglob
    awk -v RS= -v codename="$codename" -v suite="$suite" -v type="$type" '
        $0 ~ "(^|\n)Suites:([^\n]* )?" codename "( |\n|$)" {
            sub(/(^|\n)Suites:[^\n]*/, "\nSuites: " suite); sub(/(^|\n)Types:[^\n]*/, "\nTypes: " type); print; exit
        }' /etc/apt/sources.list.d/*.sources /dev/null >"$apt_work/debian.sources"
    sed -nE "s/^deb +((\[[^]]*\] +)?[^ ]+ +)$codename +.*/$type \1$suite main/p;" \
        /etc/apt/sources.list.d/*.list /etc/apt/sources.list /dev/null 2>/dev/null |
        head -n 1 >"$apt_work/debian.list" || true
    for apt_source in "$apt_work/debian.sources" "$apt_work/debian.list"; do
        [[ -s $apt_source ]] && return
    done
    return 1
}

private_apt() {
    apt-get -o Dir::Etc::sourcelist="$apt_source" -o Dir::Etc::sourceparts=- -o Dir::State="$apt_work/state" \
        -o Dir::State::status="${DPKG_STATUS:-$apt_work/state/status}" -o Dir::Cache="$apt_work/cache" \
        -o APT::Sandbox::User="$(id -un)" "$@"
}

#!/usr/bin/env bash
# ensure.sh build|test|quality: installs what the build, the tests or the measurement of sound need
# and the machine lacks.
#
# Debian 12 and its relatives, by apt-get, with sudo when not root. Does nothing, quickly, when
# everything is there. Elsewhere it names what is missing and stops.
set -euo pipefail

cd "$(dirname "$0")/../.."

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# One line per need: a command or a file (a glob) that shows it is there, and its Debian package.
build_needs() {
    cat <<'NEEDS'
gcc gcc
g++ g++
cmake cmake
make make
pkg-config pkg-config
git git
NEEDS
}

test_needs() {
    cat <<'NEEDS'
chromium chromium
sipp sip-tester
baresip baresip
linphonec linphone-cli
sox sox
ffmpeg ffmpeg
espeak-ng espeak-ng
kamailio kamailio
dnsmasq dnsmasq-base
/usr/bin/python3 python3
/usr/lib/python3.*/ensurepip/__init__.py python3-venv
/usr/include/python3.*/Python.h python3-dev
/usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.g722 asterisk-core-sounds-en-g722
NEEDS
}

# The peer that the sound is compared with.
quality_needs() {
    cat <<'NEEDS'
rtpengine rtpengine-daemon
NEEDS
}

is_there() {
    case $1 in
        /*) compgen -G "$1" >/dev/null ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_missing() {
    local need package missing=()
    while read -r need package; do
        is_there "$need" || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    command -v apt-get >/dev/null 2>&1 ||
        die "no apt-get here: please install the equivalents of: ${missing[*]}"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null 2>&1 ||
        die "neither root nor sudo: please run as root: apt-get install ${missing[*]}"
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q
        --no-install-recommends "${missing[@]}")
    # Package lists may be absent or old: then refresh them once and try again.
    as_root "${install[@]}" >&2 || {
        as_root apt-get update -q >&2
        as_root "${install[@]}" >&2 || die "apt-get could not install: ${missing[*]}"
    }
    # Tests start their own; the packages' services would take the ports.
    for package in kamailio rtpengine-daemon; do
        case " ${missing[*]} " in
            *" $package "*)
                ! command -v systemctl >/dev/null 2>&1 ||
                    as_root systemctl disable --now "$package" >&2 || true
                ;;
        esac
    done
}

need_toolchains() {
    command -v cargo >/dev/null 2>&1 ||
        die "cargo is missing: install Rust from https://rustup.rs, then run this again"
    command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
        die "node or npm is missing: install Node.js 20.19 or newer, then run this again"
    node -e 'const [a, b] = process.versions.node.split(".").map(Number);
        process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
        die "Node.js 20.19 or newer is needed; here is $(node --version)"
}

# Speech is scored with PESQ, which has no Debian package and is compiled for this Python; the
# measurement of sound has ViSQOL beside it.
ensure_venv() {
    local folder=$1 wanted=$2 stamp=$1/.requirements
    cmp -s "$wanted" "$stamp" && return
    say "preparing the Python environment that scores speech"
    rm -rf "$folder"
    /usr/bin/python3 -m venv "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$wanted" >&2 ||
        die "pip could not install $wanted"
    cp "$wanted" "$stamp"
}

case ${1:-} in
    build)
        need_toolchains
        install_missing < <(build_needs)
        ;;
    test)
        need_toolchains
        install_missing < <(build_needs; test_needs)
        ensure_venv .venv e2e/requirements.txt
        ;;
    quality)
        need_toolchains
        install_missing < <(build_needs; test_needs; quality_needs)
        ensure_venv bench/quality/.venv bench/quality/requirements.txt
        ;;
    *) die "usage: ensure.sh build|test|quality" ;;
esac

# Shared by the scripts of this folder: source it, it only defines functions and moves to the package's root.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

SWIFT_MINIMUM=6.2
# As the targets in Package.swift need them, and git, which the demo and the tests run.
PACKAGES=(liblmdb-dev libcurl4-openssl-dev libssl-dev libzstd-dev zlib1g-dev libdeflate-dev pkg-config git)
# Every build has the same flag: with and without it, part of what is built is built anew each time.
BUILD=(swift build --explicit-target-dependency-import-check error)
# With Swift's own libraries inside, the program starts faster and runs where Swift is not installed.
RELEASE=("${BUILD[@]}" -c release --static-swift-stdlib --product ingestor)

say() { printf '%s\n' "$*"; }

fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# step TITLE COMMAND...: runs the command and says how long it took. (`set -e` does not reach into a command whose status
# is tested, so what runs as a step names its failures.)
step() {
    local title=$1 start=$SECONDS
    shift
    say "── $title"
    "$@" || fail "$title failed"
    say "   done in $((SECONDS - start)) s"
}

# quiet COMMAND...: prints what the command wrote only where it fails.
quiet() {
    local output status=0
    output=$(mktemp)
    "$@" >"$output" 2>&1 </dev/null || status=$?
    if [ $status -ne 0 ]; then cat "$output" >&2; fi
    rm -f "$output"
    return $status
}

need_swift() {
    local version
    command -v swift >/dev/null ||
        fail "Swift $SWIFT_MINIMUM or newer is needed and was not found: get it from https://swift.org/install"
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -1)
    [ "$(printf '%s\n' "$SWIFT_MINIMUM" "$version" | sort -V | head -1)" = "$SWIFT_MINIMUM" ] ||
        fail "Swift $SWIFT_MINIMUM or newer is needed, this is ${version:-unknown}: get it from https://swift.org/install"
    say "   Swift $version"
}

# Debian packages that are missing, one a line.
missing_packages() {
    local package
    for package in "${PACKAGES[@]}"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' || say "$package"
    done
}

install_packages() {
    local missing root=()
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        if have_libraries; then return 0; fi
        fail "this is no Debian system, so install what these Debian packages hold, then start again: ${PACKAGES[*]}"
    fi
    missing=$(missing_packages)
    [ -n "$missing" ] || { say "   nothing is missing"; return 0; }
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "as root, run: apt-get install ${missing//$'\n'/ }"
        root=(sudo)
    fi
    say "   installing ${missing//$'\n'/ }"
    quiet "${root[@]}" apt-get update || return 1
    # shellcheck disable=SC2086  # one word a package
    quiet "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends $missing
}

have_libraries() {
    command -v git >/dev/null && command -v pkg-config >/dev/null &&
        pkg-config --exists lmdb libcurl libcrypto libzstd zlib libdeflate
}

set_up() {
    step "Swift" need_swift
    step "System packages" install_packages
}

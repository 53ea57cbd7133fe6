#!/bin/sh
# Turns a bare Debian 12 into one that runs AudioMusic: each step of the Dockerfile, and what
# `manage.py bench image` runs in a fresh Debian of its own.
#
#   deploy/image.sh STEP...     in this order: system, packages, ready. From the folder that holds the Makefile.
set -eu
cd "$(dirname "$0")/.."

USER_ID=${USER_ID:-10001}
DATA_DIR=${AUDIOMUSIC_DATA_DIR:-/var/lib/audiomusic}

system() { # Debian packages, and the user that everything runs as
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -q
    # Audio and MIDI come with the Python packages; tini forwards signals and reaps the worker's orphans.
    apt-get install -y -q --no-install-recommends ca-certificates make python3 python3-venv tini
    rm -rf /var/lib/apt/lists/*
    useradd --uid "$USER_ID" --user-group --no-create-home --home-dir "$DATA_DIR" \
        --shell /usr/sbin/nologin audiomusic
    install -d -o audiomusic -g audiomusic -m 0700 "$DATA_DIR"
}

packages() { # Python packages: from the locks, each file checked by its hash
    PIP_NO_CACHE_DIR=1 make setup
}

ready() { # the application, compiled once, readable by everyone and writable only by its owner
    .venv/bin/python -m compileall -q -j 0 audiomusic jobs library presets manage.py
    chmod -R go+rX,go-w .
    # Check the settings, in a temporary data folder.
    scratch=$(mktemp -d)
    AUDIOMUSIC_DATA_DIR="$scratch" .venv/bin/python manage.py check
    rm -rf "$scratch"
}

[ $# -gt 0 ] || { sed -n '2,5p' "$0" >&2; exit 2; }
for step in "$@"; do
    case "$step" in
        system | packages | ready) "$step" ;;
        *) echo "Expected system, packages or ready, got $step." >&2; exit 2 ;;
    esac
done

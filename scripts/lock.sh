#!/bin/sh
# Write constraints.txt: the versions of everything `make check` installs, newest first.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$(scripts/find-python.sh)" -m venv "$scratch/venv"
"$scratch/venv/bin/pip" --quiet --disable-pip-version-check install --upgrade pip
"$scratch/venv/bin/pip" --quiet --disable-pip-version-check install --editable '.[sandbox,cli,keyring,redis]' --group dev
{
    echo "# The versions this project is developed and tested with. Written by 'make lock'; not what users get."
    "$scratch/venv/bin/pip" --disable-pip-version-check freeze --all --exclude-editable | grep -viE '^(setuptools|wheel)=='
} >"$scratch/constraints.txt"
mv "$scratch/constraints.txt" constraints.txt
echo "constraints.txt: $(grep -c '==' constraints.txt) packages"

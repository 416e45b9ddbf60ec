#!/bin/sh
# Write the versions that this project is tested with, at both ends of what pyproject.toml allows:
#   constraints.txt         the newest of everything that `make check` installs
#   constraints-lowest.txt  the lowest of what the package itself needs, and what `make test-lowest` runs them with
# With --lowest only the second, by the first as it stands.
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$(scripts/find-python.sh)" -m venv "$scratch/venv"
pip="$scratch/venv/bin/pip --disable-pip-version-check"

if [ "${1-}" = --lowest ]; then
    $pip install --quiet --constraint constraints.txt uv
else
    $pip install --quiet --upgrade pip
    $pip install --quiet --editable '.[sandbox,cli,keyring,redis]' --group dev
    {
        echo "# The versions this project is developed and tested with. Written by 'make lock'; not what users get."
        $pip freeze --all --exclude-editable | grep -viE '^(setuptools|wheel)=='
    } >"$scratch/constraints.txt"
    mv "$scratch/constraints.txt" constraints.txt
fi

resolve() {
    "$scratch/venv/bin/uv" pip compile --quiet --no-header --no-annotate --python-version 3.11 --all-extras "$@" pyproject.toml
}
resolve --no-deps --resolution lowest >"$scratch/lowest"
sed 's/==.*/==/; s/^/^/' "$scratch/lowest" >"$scratch/names"
{ cat "$scratch/lowest"; grep '^[^#]' constraints.txt | grep -vif "$scratch/names"; } >"$scratch/wanted"
{
    echo "# The lowest versions that pyproject.toml allows of what the package needs, and of the rest those of constraints.txt."
    echo "# Written by 'make lock'."
    resolve --constraint "$scratch/wanted" --group suite
} >"$scratch/constraints-lowest.txt"
mv "$scratch/constraints-lowest.txt" constraints-lowest.txt
for file in constraints.txt constraints-lowest.txt; do
    echo "$file: $(grep -c '==' "$file") packages"
done

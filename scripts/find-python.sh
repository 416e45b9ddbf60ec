#!/bin/sh
# Print the first Python on PATH that can run this project; say what was found when none can.
# PYTHON=… (a name or path) is tried alone when it is set.
candidates=${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}
found=
for name in $candidates; do
    path=$(command -v "$name" 2>/dev/null) || continue
    version=$("$path" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue
    if ! "$path" -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11))' 2>/dev/null; then
        found="$found  $path is Python $version: too old
"
    elif ! "$path" -c 'import ensurepip, venv' 2>/dev/null; then
        found="$found  $path is Python $version, without the venv module (on Debian: apt install python3-venv)
"
    else
        echo "$path"
        exit 0
    fi
done
{
    echo "maia-scim needs Python 3.11 or newer, with its venv module. Found:"
    printf '%s' "${found:-  none of: $candidates
}"
    echo "Install one, or name it: make PYTHON=/path/to/python3.12 …"
} >&2
exit 1

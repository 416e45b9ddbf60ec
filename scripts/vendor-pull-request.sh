#!/bin/sh
# After `make vendor-update`: commit what changed to the branch vendor-update, and open a pull request for it, with the
# report of regen. Where nothing changed, do nothing. Needs gh.
set -eu
cd "$(dirname "$0")/.."
branch=vendor-update
git switch --quiet --force-create "$branch"
for place in openapi generated maia_scim/_version.py changes README.md docs; do
    [ ! -e "$place" ] || git add --all "$place"
done
if git diff --cached --quiet; then
    echo "nothing changed"
    exit 0
fi
git -c user.name="github-actions[bot]" -c user.email="41898282+github-actions[bot]@users.noreply.github.com" \
    commit --quiet --message "Take over what the vendor publishes"
git push --quiet --force origin "$branch"
# GitHub takes 65,536 characters. The report is the whole of it in the log of the run.
head -c 60000 .regen/report.md >.regen/body.md
if [ "$(gh pr list --head "$branch" --state open --json number --jq length)" = 0 ]; then
    gh pr create --head "$branch" --title "Take over what the vendor publishes" --body-file .regen/body.md
else
    gh pr edit "$branch" --body-file .regen/body.md
fi
# A push by a workflow starts no other workflow, but a request does.
gh workflow run ci.yml --ref "$branch"

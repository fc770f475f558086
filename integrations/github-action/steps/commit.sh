#!/bin/sh
# commit.sh commits and pushes the tree to upload, if signing changed it.
set -eu

fail() {
	printf '::error::%s\n' "$1"
	exit 2
}

domain=${COUNTERSIGN_DOMAIN:?}
dir=${COUNTERSIGN_DIR:?}
root=${COUNTERSIGN_ROOT:-}

git symbolic-ref -q HEAD >/dev/null || fail 'this is no branch, so nothing can be committed: run on pushes to a branch and on a schedule'

set -- "$dir/site"
if [ -n "$root" ]; then
	set -- "$@" "$root/.nojekyll"
	while IFS= read -r name; do
		set -- "$@" "$root/$name"
	done <<-LIST
		$(cd "$dir/site" && find . -type f | sed 's|^\./||')
	LIST
fi
if grep -rqs 'PRIVATE KEY' "$@"; then
	fail "there is a private key in $dir/site or $root, which is public: remove it, and treat it as stolen"
fi

git add -- "$@"
if git diff --cached --quiet -- "$@"; then
	printf 'unchanged: the statement holds, and nothing is committed\n'
	printf 'changed=false\n' >>"${GITHUB_OUTPUT:?}"
	printf '%s: unchanged, nothing was signed or committed.\n\n' "$domain" >>"${GITHUB_STEP_SUMMARY:?}"
	exit 0
fi
git -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
	commit -q -m "countersign: sign the metadata of $domain" -- "$@"
git push -q || fail 'the new statement could not be pushed: give the workflow "permissions: contents: write", and look for a push at the same time'
printf 'changed: a new statement is committed and pushed\n'
printf 'changed=true\n' >>"${GITHUB_OUTPUT:?}"
printf '%s: a new statement was signed, committed and pushed.\n\n' "$domain" >>"${GITHUB_STEP_SUMMARY:?}"

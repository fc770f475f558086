#!/bin/sh
# sign.sh signs what changed, and what ends within 30 days. It is the only step
# that is given the key, and the key stays in the environment.
set -eu

fail() {
	printf '::error::%s\n' "$1"
	exit 2
}

domain=${COUNTERSIGN_DOMAIN:-}
dir=${COUNTERSIGN_DIR:-}
kid=${COUNTERSIGN_KID:-}
root=${COUNTERSIGN_ROOT:-}

[ -n "$domain" ] || fail 'the input domain is missing: the domain that signs, such as acme.example'
[ -n "$dir" ] || fail 'the input dir is missing: the directory with client.json in this repository'
[ -n "$kid" ] || fail 'the input kid is missing: the id of the key, such as 2026a'
[ -n "${COUNTERSIGN_KEY:-}" ] ||
	fail 'the input key is empty: add the key file as a secret of this repository, and pass it from the secrets context. Workflows that a fork starts have no secrets'
[ -f "$dir/client.json" ] || fail "there is no client.json in $dir: countersign init makes it, and it is committed"
[ -z "$root" ] || [ -d "$root" ] || fail "the input root is $root, and there is no such directory"

# has NAME=VALUE FILE: does the JSON say so? Good enough to stop a mistake early.
has() {
	tr -d '[:space:]' <"$2" | grep -qF "$1"
}
has "\"client_id\":\"https://$domain/" "$dir/client.json" ||
	fail "client_id in $dir/client.json is not below https://$domain/"

# A key that is not published yet is added by hand, a day before it signs.
published=$dir/site/.well-known/client-publisher.json
[ -f "$published" ] || fail "there is no $published: countersign init makes it, and it is committed"
has "\"kid\":\"$kid\"" "$published" ||
	fail "$published has no key with kid $kid: publish a new key first, and sign with it a day later"

# 80 days less the 30 are 50 until the next commit: GitHub ends schedules in
# repositories that see none for 60.
countersign publish --dir "$dir" --key env:COUNTERSIGN_KEY --kid "$kid" --expires 80d --no-doctor
unset COUNTERSIGN_KEY

if [ -n "$root" ]; then
	cp -R "$dir/site/." "$root/"
	: >"$root/.nojekyll"
fi

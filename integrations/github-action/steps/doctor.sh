#!/bin/sh
# doctor.sh says what a verifier sees. After a change it asks again for a while:
# a host needs minutes until it serves what was pushed.
set -eu

domain=${COUNTERSIGN_DOMAIN:?}
dir=${COUNTERSIGN_DIR:?}
tries=1
if [ "${COUNTERSIGN_CHANGED:-}" = true ]; then
	tries=${COUNTERSIGN_TRIES:-20}
fi

report=$(mktemp)
trap 'rm -f "$report"' EXIT
while :; do
	code=0
	countersign doctor --dir "$dir" -- "$domain" >"$report" 2>&1 || code=$?
	tries=$((tries - 1))
	if [ "$code" -eq 0 ] || [ "$code" -eq 2 ] || [ "$tries" -le 0 ]; then
		break
	fi
	printf 'not yet: doctor ended with %d, %d more looks\n' "$code" "$tries"
	sleep "${COUNTERSIGN_INTERVAL:-30}"
done

# The report quotes what others published: none of it is a command to the runner.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf '::stop-commands::%s\n' "$token"
cat "$report"
printf '::%s::\n' "$token"
{
	printf 'What a verifier sees of %s:\n\n' "$domain"
	sed 's/^/    /' "$report"
	printf '\n'
} >>"${GITHUB_STEP_SUMMARY:?}"

case $code in
0) ;;
1) printf '::error::doctor found a fault; its first line and the mend are in the summary\n' ;;
*) printf '::error::doctor could not look (exit %d); the summary says why\n' "$code" ;;
esac
exit "$code"

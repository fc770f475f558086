#!/bin/sh
# install.sh puts countersign on the PATH of the steps that follow: the version
# that is asked for, else the one that this action came with.
set -eu

fail() {
	printf '::error::%s\n' "$1"
	exit 2
}

command -v go >/dev/null || fail 'there is no Go on this runner: add a step that installs it, or use a runner that GitHub hosts'

bin=${RUNNER_TEMP:?}/countersign-bin
mkdir -p "$bin"
version=${COUNTERSIGN_VERSION:-}
if [ -z "$version" ]; then
	go -C "${GITHUB_ACTION_PATH:?}/../.." build -o "$bin/countersign" ./cmd/countersign
else
	# A branch is refused: it would be another program tomorrow.
	if ! printf '%s\n' "$version" | grep -Exq 'v[0-9]+\.[0-9]+\.[0-9]+[A-Za-z0-9.+-]*|[0-9a-f]{12,40}'; then
		fail 'version is neither a tag, such as v1.2.3, nor a commit of at least 12 digits'
	fi
	GOBIN=$bin go install "github.com/fc28f635/countersign/cmd/countersign@$version"
fi
printf '%s\n' "$bin" >>"${GITHUB_PATH:?}"

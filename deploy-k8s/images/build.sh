#!/usr/bin/env bash
# Builds an image of each process, or of those that are named: build.sh [process…]
#   BUILDER         podman, buildah or docker; the first that is there
#   IMAGES, TAG     the names are $IMAGES/<process>:$TAG; localhost/directory-sync and try
#   REVISION        builds that commit instead of the sources as they are
#   SDK_IMAGE       where it is compiled
#   RUNTIME_IMAGE   what it runs on; RUNTIME_DIGEST (sha256:…) pins it
#   LOCAL_BASE=1    both are made here by local-base.sh, for machines that reach no image registry
#   BUILD_FLAGS     further flags of the builder
set -euo pipefail
cd "$(dirname "$0")/../.."

. deploy-k8s/images/builder.sh
if [ "${LOCAL_BASE:-}" = 1 ]; then
  deploy-k8s/images/local-base.sh sdk runtime
  SDK_IMAGE=localhost/directory-sync-base/sdk:local
  RUNTIME_IMAGE=localhost/directory-sync-base/runtime:local
fi
arguments=()
[ -z "${SDK_IMAGE:-}" ] || arguments+=(--build-arg "SDK_IMAGE=$SDK_IMAGE")
runtime=${RUNTIME_IMAGE:-$(sed -n 's/^ARG RUNTIME_IMAGE=//p' deploy-k8s/images/Containerfile)}
arguments+=(--build-arg "RUNTIME_IMAGE=$runtime${RUNTIME_DIGEST:+@$RUNTIME_DIGEST}")
[ $# -gt 0 ] || set -- gateway identity group-membership attribute-mapping roles events

# The sources and nothing else, whatever was built here.
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
sources=(Directory.Build.props Directory.Packages.props global.json .editorconfig gateway protos services)
if [ -n "${REVISION:-}" ]; then
  git archive "$REVISION" -- "${sources[@]}" | tar --extract --directory "$context"
else
  git ls-files -z --cached --others --exclude-standard -- "${sources[@]}" \
    | tar --create --null --files-from=- --ignore-failed-read | tar --extract --directory "$context"
fi

# The style sheet of the console comes by npm, which is not where it is compiled. Older commits have none.
if [ -f "$context/gateway/package-lock.json" ]; then
  (cd "$context/gateway" && npm ci --ignore-scripts --no-progress --loglevel=error >/dev/null)
  touch "$context/gateway/node_modules/.package-lock.json"
fi

for process in "$@"; do
  image=${IMAGES:-localhost/directory-sync}/$process:${TAG:-try}
  build --target "$process" --tag "$image" --label org.opencontainers.image.title="Directory Sync $process" \
    --label org.opencontainers.image.revision="$(git rev-parse "${REVISION:-HEAD}")" "${arguments[@]}" --file deploy-k8s/images/Containerfile "$context"
  echo "$image"
done

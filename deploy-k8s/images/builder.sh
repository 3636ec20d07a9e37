# Sourced: defines build, which builds an image by podman, buildah or docker.
builder=${BUILDER:-$(for one in podman buildah docker; do if command -v "$one" >/dev/null; then echo "$one"; break; fi; done)}
if ! command -v "${builder:-none}" >/dev/null; then
  echo "There is no ${BUILDER:-podman, buildah or docker} here. On Debian and Ubuntu: apt-get install podman" >&2
  exit 1
fi

build() {
  local quiet
  quiet=$(mktemp)
  local command=("$builder" build)
  # Stages are kept between the images of one build.
  [ "$builder" = docker ] || command+=(--layers)
  # Where containers may not be started otherwise, or only as a certain program does it.
  [ "$builder" != podman ] || [ -z "${CONTAINER_RUNTIME:-}" ] || command=(podman --runtime "$CONTAINER_RUNTIME" "${command[@]:1}")
  [ "$builder" != buildah ] || [ -z "${CONTAINER_RUNTIME:-}" ] || command+=(--runtime "$CONTAINER_RUNTIME")
  # shellcheck disable=SC2086
  "${command[@]}" ${BUILD_FLAGS:-} "$@" >"$quiet" 2>&1 || { cat "$quiet" >&2; rm -f "$quiet"; exit 1; }
  rm -f "$quiet"
}

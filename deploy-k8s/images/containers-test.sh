#!/usr/bin/env bash
# make containers-test, make rolling: builds the images, then runs the overlay "try" with them as containers (tests/deploy-k8s/Containers).
#   OLD                 make rolling upgrades from this commit; without it, from the last one that had fewer scripts of tables
#   LOCAL_BASE=1        all that it runs is made from Debian's packages and this machine's .NET; else it comes from registries
#   KEEP_IMAGES=0       removes the images afterwards
#   CONTAINER_RUNTIME   the program that starts containers, where podman's own choice cannot
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ "$(id -u)" != 0 ] || ! command -v podman >/dev/null; then
  echo "This runs containers on a network of their own: be root, and have podman." >&2
  echo "On Debian and Ubuntu: apt-get install podman runc netavark aardvark-dns iptables catatonit debootstrap" >&2
  exit 1
fi

echo "building"
BUILDER=podman deploy-k8s/images/build.sh
if [ "${2:-}" = rolling ]; then
  newest=$(git log -1 --format=%H --diff-filter=A -- 'services/*/Migrations/*.sql')
  old=$(git rev-parse "${OLD:-$newest^}")
  echo "building what is upgraded: $(git log -1 --format='%h of %cs, %s' "$old")"
  REVISION=$old TAG=older BUILDER=podman deploy-k8s/images/build.sh
fi
if [ "${LOCAL_BASE:-}" = 1 ]; then
  deploy-k8s/images/local-base.sh postgres redis
else
  grep -ho 'docker.io/library/.*' deploy-k8s/components/try-stores/*.yaml | xargs -n 1 podman pull --quiet
fi
dotnet build tests/deploy-k8s -c "$1" -v q -nologo -clp:ErrorsOnly -nodeReuse:false
result=0
dotnet "tests/deploy-k8s/bin/$1/net10.0/DeployK8s.Tests.dll" ${2:-} || result=$?
if [ "${KEEP_IMAGES:-}" = 0 ]; then
  podman images --format '{{.Repository}}:{{.Tag}}' | grep -E '^localhost/directory-sync(-base)?/' | xargs -r podman rmi --force >/dev/null
fi
exit $result

#!/usr/bin/env bash
# Removes the data, logs and settings of 'make run' of this clone.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$(pwd -P)
hash=$(printf %s "$root" | sha256sum)
if [ -e .run/lock ] && command -v flock >/dev/null && ! flock -n .run/lock true; then
  echo "'make run' is running in this clone: stop it first." >&2
  exit 1
fi
rm -rf .run
if [ "$(id -u)" = 0 ]; then
  rm -rf "/var/lib/directory-sync/${hash:0:12}"
fi

#!/usr/bin/env bash
# Installs what is missing on Debian and Ubuntu, and says what to install elsewhere.
#   install.sh run    PostgreSQL and Redis, unless POSTGRES and REDIS name servers that exist already
#   install.sh test   the same, and Node.js with npm for buf
# Only programs are installed: no database cluster is created, no server is started or enabled, and servers that are there stay untouched.
set -euo pipefail

missing=()
has_postgres() { command -v postgres || compgen -G '/usr/lib/postgresql/*/bin/postgres'; }
if [ "$1" = test ] || [ -z "${POSTGRES:-}" ]; then
  has_postgres >/dev/null || missing+=(postgresql)
fi
if [ "$1" = test ] || [ -z "${REDIS:-}" ]; then
  command -v redis-server >/dev/null || command -v valkey-server >/dev/null || missing+=(redis-server)
fi
# Node brings the style sheet of the console, and the linter of the contracts.
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
if [ "$1" = test ]; then
  [ -n "${CHROMIUM:-}" ] || [ -x /usr/bin/chromium ] || missing+=(chromium)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "Please install ${missing[*]} (PostgreSQL 14 or later, Redis 7 or later, Node 18 or later) so that the programs are on the PATH, then try again." >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Please run as root: apt-get install ${missing[*]}, then try again." >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "installing ${missing[*]} with apt-get (about a minute)"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive bash -euo pipefail -s -- "${missing[@]}" <<'AS_ROOT'
undo=()
trap 'for file in "${undo[@]}"; do rm -f "$file"; done' EXIT

# No server may start during the installation …
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
  chmod 0755 /usr/sbin/policy-rc.d
  undo+=(/usr/sbin/policy-rc.d)
fi
# … and no cluster may be created.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf
  created_config=yes
fi

quiet() { "$@" > /tmp/directory-sync-apt.$$ 2>&1 || { cat /tmp/directory-sync-apt.$$ >&2; exit 1; }; rm -f /tmp/directory-sync-apt.$$; }
quiet apt-get update
quiet apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold "$@"

if [ "${created_config:-}" = yes ]; then
  sed -i 's/^create_main_cluster = false$/#create_main_cluster = true/' /etc/postgresql-common/createcluster.conf
fi
case " $* " in
  *' redis-server '*)
    if command -v systemctl >/dev/null; then systemctl disable redis-server >/dev/null 2>&1 || true; fi ;;
esac
AS_ROOT

# What the image docker.io/library/postgres does at its first start, as far as the overlay "try" relies on it.
set -euo pipefail
PATH=$(echo /usr/lib/postgresql/*/bin):$PATH
export PGHOST=/var/run/postgresql

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  initdb --pgdata "$PGDATA" --username postgres --encoding UTF8 --locale C.UTF-8 --auth-local trust --auth-host scram-sha-256 \
    --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD")
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  pg_ctl --pgdata "$PGDATA" --options "-c listen_addresses='' -c unix_socket_directories=$PGHOST" --wait start
  for script in /docker-entrypoint-initdb.d/*.sh; do
    bash "$script"
  done
  pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories="$PGHOST" "$@"

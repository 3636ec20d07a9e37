#!/usr/bin/env bash
# Prints the Secrets that an overlay's workloads refer to, with new passwords: secrets.sh try | kubectl apply -f -
# Run again, it prints other passwords: that is how they are rotated (README). Nothing is kept here.
set -euo pipefail

services=(identity group-membership attribute-mapping roles events)
password() { head -c 24 /dev/urandom | base64 | tr '+/' 'ab'; }
hash() { printf %s "$1" | sha256sum | cut -d ' ' -f 1; }

secret() { # name, then lines "key: value"
  printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\n  namespace: directory-sync\nstringData:\n' "$1"
  shift
  printf '  %s\n' "$@"
}

# What services may do in Redis, each with its own keys only.
acl() { # service, password
  echo "user directorysync_${1//-/_} on #$(hash "$2") ~$1:* &$1:* +@all -@admin -@dangerous -scan -randomkey -dbsize -script|flush -script|kill -function +info"
}

declare -A redis
users='user default off resetpass nocommands'
for service in "${services[@]}"; do
  redis[$service]=$(password)
  users+=$'\n'"    $(acl "$service" "${redis[$service]}")"
done

case "${1:-}" in
  try)
    keys=("admin: \"$(password)\"")
    for service in "${services[@]}"; do
      postgres=$(password)
      keys+=("$service: \"$postgres\"")
      role=directorysync_${service//-/_}
      secret "$service-stores" \
        "postgres: \"Host=try-postgres;Database=$role;Username=$role;Password=$postgres\"" \
        "redis: \"try-redis:6379,user=$role,password=${redis[$service]},abortConnect=false\""
    done
    secret try-postgres "${keys[@]}"
    secret try-redis "users.acl: |" "  $users"
    ;;
  production)
    replication=$(password)
    probe=$(password)
    users+=$'\n'"    user replication on #$(hash "$replication") ~* &* +@all"
    users+=$'\n'"    user probe on #$(hash "$probe") resetchannels +role +auth"
    for service in "${services[@]}"; do
      secret "$service-stores" \
        "redis: \"redis-front:6379,user=directorysync_${service//-/_},password=${redis[$service]},abortConnect=false\""
    done
    secret redis-users "replication: \"$replication\"" "probe: \"$probe\"" "users.acl: |" "  $users"
    ;;
  *)
    echo "usage: secrets.sh try|production" >&2
    exit 64
    ;;
esac

#!/usr/bin/env bash
# Makes the images that others are based on, from Debian's packages and this machine's .NET, for machines that reach no image registry:
#   local-base.sh [sdk] [runtime] [postgres] [redis]
# As root, with debootstrap. What is there already is not made again; FRESH=1 makes it.
set -euo pipefail
cd "$(dirname "$0")/../.."

. deploy-k8s/images/builder.sh
[ $# -gt 0 ] || set -- sdk runtime postgres redis
exists() { "$builder" inspect --type image "$(name "$1")" >/dev/null 2>&1 || "$builder" image inspect "$(name "$1")" >/dev/null 2>&1; }
name() { echo "localhost/directory-sync-base/$1:local"; }
missing=()
for image in "$@"; do
  if [ "${FRESH:-}" = 1 ] || ! exists "$image"; then missing+=("$image"); fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
  echo "To make ${missing[*]} here, be root and install debootstrap: apt-get install debootstrap" >&2
  exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
quiet() { "$@" > "$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }; }
debian=$work/debian
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
suite=$(. /etc/os-release && [ "$ID" = debian ] && echo "$VERSION_CODENAME" || echo stable)

echo "Debian $suite from $mirror"
quiet debootstrap --variant=minbase --include=ca-certificates "$suite" "$debian" "$mirror"
# What it trusts is what this machine trusts.
cp -L /etc/ssl/certs/ca-certificates.crt "$debian/etc/ssl/certs/ca-certificates.crt"
rm -rf "$debian"/var/cache/apt/* "$debian"/usr/share/{doc,man,locale,info}/*
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")

context=$work/context
mkdir -p "$context"
cp deploy-k8s/images/postgres-entrypoint.sh "$context"

for image in "${missing[@]}"; do
  root=$work/root
  rm -rf "$root"
  case $image in
    sdk)
      mkdir -p "$root"
      tar -C "$debian" -c . | tar -C "$root" -x
      mkdir -p "$root/usr/share"
      cp -a "$dotnet" "$root/usr/share/dotnet"
      settings='ENV PATH=/usr/share/dotnet:/usr/sbin:/usr/bin:/sbin:/bin DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true \
        DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 NUGET_CERT_REVOCATION_MODE=offline'
      ;;
    runtime)
      # As in Microsoft's chiseled images: the libraries that .NET needs, no shell, no package manager.
      mkdir -p "$root"/{app,tmp,etc/ssl/certs,home/app,usr/{bin,lib,lib64,sbin,share/dotnet},proc,sys,dev,run,var}
      chmod 1777 "$root/tmp"
      for link in bin lib lib64 sbin; do [ ! -L "$debian/$link" ] || cp -a "$debian/$link" "$root/"; done
      chroot "$debian" dpkg -L libc6 libgcc-s1 libstdc++6 libssl3 zlib1g | grep -E '^/(usr/)?lib(64)?/.*\.so|^/etc/ld|^/usr/lib/ssl' | grep -vE '/(gconv|ossl-modules)/|/lib(mvec|nss_hesiod|BrokenLocale|nsl|memusage|pcprofile|thread_db|c_malloc_debug)\.' \
        | (cd "$debian" && sed 's|^/||' | tar -c --no-recursion -T - ) | tar -C "$root" -x --keep-directory-symlink
      cp "$debian/etc/ssl/certs/ca-certificates.crt" "$root/etc/ssl/certs/"
      printf 'root:x:0:0:root:/root:/sbin/nologin\napp:x:1654:1654::/home/app:/sbin/nologin\n' > "$root/etc/passwd"
      printf 'root:x:0:\napp:x:1654:\n' > "$root/etc/group"
      printf 'hosts: files dns\n' > "$root/etc/nsswitch.conf"
      cp -a "$dotnet"/{dotnet,host,shared} "$root/usr/share/dotnet/"
      # For debuggers and tracers only, which the manifests keep out anyway.
      find "$root/usr/share/dotnet" \( -name 'libmscordb*' -o -name 'libmscordac*' -o -name 'libcoreclrtrace*' -o -name createdump \) -delete
      ln -s /usr/share/dotnet/dotnet "$root/usr/bin/dotnet"
      ldconfig -r "$root"
      settings='ENV PATH=/usr/bin DOTNET_RUNNING_IN_CONTAINER=true DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true'
      ;;
    postgres | redis)
      mkdir -p "$root"
      tar -C "$debian" -c . | tar -C "$root" -x
      mkdir -p "$root/etc/postgresql-common"
      echo 'create_main_cluster = false' > "$root/etc/postgresql-common/createcluster.conf"
      package=$([ $image = redis ] && echo redis-server || echo postgresql)
      quiet chroot "$root" env DEBIAN_FRONTEND=noninteractive sh -c \
        "apt-get update && apt-get install -y --no-install-recommends -o Dpkg::Options::=--force-confold $package"
      # Whom the manifest lets it run as.
      chroot "$root" sh -c 'groupadd -g 999 stores && useradd -M -u 999 -g 999 stores'
      rm -rf "$root"/var/{cache/apt,lib/apt/lists}/* "$root"/usr/share/{doc,man,locale,info}/*
      settings='ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin'
      if [ $image = postgres ]; then
        settings+=$'\nCOPY postgres-entrypoint.sh /usr/local/bin/\nENTRYPOINT ["bash", "/usr/local/bin/postgres-entrypoint.sh"]'
      fi
      ;;
    *)
      echo "usage: local-base.sh [sdk] [runtime] [postgres] [redis]" >&2
      exit 64
      ;;
  esac
  tar -C "$root" --one-file-system -cf "$context/root.tar" .
  printf 'FROM scratch\nADD root.tar /\n%s\n' "$settings" > "$work/Containerfile"
  build --tag "$(name "$image")" --file "$work/Containerfile" "$context"
  name "$image"
done

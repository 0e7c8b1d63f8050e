# shellcheck shell=bash
# shellcheck disable=SC2016  # $1 in single quotes is for the inner sh
# shellcheck disable=SC2153  # ROOT is ./dev's
# A private PostgreSQL+PostGIS cluster for this checkout, and its secrets. Sourced by ./dev after machine.sh.
#
# Where things are:   not root: data in .local/pg/data         root: data in /var/lib/wangge-dev/<hash of the path>/data,
# under the unprivileged system user `wangge-dev` (PostgreSQL refuses to run as root). The socket's directory is private
# and short (a socket's path may have about 100 characters). Every login needs its password (scram), over the socket and
# over 127.0.0.1; nothing else listens. It is a cluster for development: fsync is off, a crash of the machine may lose it.

PG_OLDEST=15
PG_SYSTEM_USER=wangge-dev
# pg_hba.conf: these logins get in; city roles, which have no password, and everybody else do not.
PG_LOGINS='wangge_admin,wangge_operator,wangge_web,wangge_worker,wanggetest_operator,wanggetest_web,wanggetest_worker'

place_cluster() { # sets PG_HASH PG_HOME PG_DATA PG_SOCKETS PG_LOG
  PG_HASH=$(printf '%s' "$ROOT" | digest | cut -c1-8)
  if is_root; then PG_HOME=/var/lib/$PG_SYSTEM_USER/$PG_HASH; else PG_HOME=$LOCAL/pg; fi
  PG_DATA=$PG_HOME/data
  PG_LOG=$PG_HOME/postgresql.log
  PG_SOCKETS=$PG_HOME/sockets
  [ ${#PG_SOCKETS} -le 80 ] || PG_SOCKETS=/tmp/wangge-$(id -u)-$PG_HASH
}

run_pg() { # a command as the user who owns the cluster
  if is_root; then (cd / && runuser -u "$PG_SYSTEM_USER" -- "$@"); else "$@"; fi
}

# --- secrets ----------------------------------------------------------------------------------------------------

secret() { # name -> its value in .local/env, or nothing
  [ ! -f "$LOCAL/env" ] || sed -n "s/^$1='\(.*\)'\$/\1/p" "$LOCAL/env"
}

keep_secret() { # name value: written to .local/env, which only this user reads
  (
    umask 077
    { [ ! -f "$LOCAL/env" ] || grep -v "^$1=" "$LOCAL/env" || true; } >"$LOCAL/env.new"
    printf "%s='%s'\n" "$1" "$2" >>"$LOCAL/env.new"
    mv "$LOCAL/env.new" "$LOCAL/env"
  )
}

ensure_secrets() {
  [ -n "$(secret WANGGE_SECRET_KEY)" ] || keep_secret WANGGE_SECRET_KEY "$(random_hex 32)"
  [ -n "$(secret WANGGE_DATA_KEY)" ] || keep_secret WANGGE_DATA_KEY "$(random_hex 32)"
  [ -n "$(secret WANGGE_ADMIN_PASSWORD)" ] || keep_secret WANGGE_ADMIN_PASSWORD "$(random_hex 16)"
}

# --- the server's programs --------------------------------------------------------------------------------------

server_roots() { # directories that may hold bin/postgres, newest version first
  if is_mac; then
    compgen -G '/opt/homebrew/opt/postgresql@*' || compgen -G '/usr/local/opt/postgresql@*' || true
  else
    compgen -G '/usr/lib/postgresql/*' || true
  fi | LC_ALL=C sort -t/ -k5 -rV
}

find_server() { # sets PG_BIN to a server that has PostGIS, of the data's version when there is data
  local root version extensions
  for root in $(server_roots); do
    [ -x "$root/bin/postgres" ] || continue
    version=$("$root/bin/postgres" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
    [ "$version" -ge "$PG_OLDEST" ] || continue
    if [ -n "${PG_VERSION:-}" ] && [ "$version" != "$PG_VERSION" ]; then continue; fi
    extensions=/usr/share/postgresql/$version/extension
    [ -d "$extensions" ] || extensions=$("$root/bin/pg_config" --sharedir)/extension
    if [ -f "$extensions/postgis.control" ]; then
      PG_BIN=$root/bin
      return 0
    fi
  done
  return 1
}

install_server() {
  local version kept=/etc/postgresql-common/createcluster.d/wangge-dev.conf
  if is_mac; then
    install_packages postgresql@17 postgis
    return
  fi
  apt_update || die "PostgreSQL >= $PG_OLDEST with PostGIS >= 3.3 is missing and this system has no apt-get"
  version=${PG_VERSION:-$(apt-cache pkgnames postgresql- | sed -n 's/^postgresql-\([0-9]*\)-postgis-3$/\1/p' | sort -n | tail -n 1)}
  [ -n "$version" ] || die "apt knows no postgresql-N-postgis-3"
  say "PostgreSQL $version with PostGIS: the package's own cluster on port 5432 is not created, only the programs are wanted"
  as_root mkdir -p "${kept%/*}"
  printf 'create_main_cluster = off\n' | as_root tee "$kept" >/dev/null
  install_packages "postgresql-$version" "postgresql-$version-postgis-3"
  as_root rm -f "$kept"
}

ensure_server() {
  PG_VERSION=$(run_pg cat "$PG_DATA/PG_VERSION" 2>/dev/null || true)
  find_server && return
  install_server
  find_server || die "PostgreSQL ${PG_VERSION:->= $PG_OLDEST} with PostGIS is missing, also after installing it"
}

ensure_map_libraries() { # GeoDjango loads GDAL and GEOS of the system; PostGIS brings them along
  is_mac || has_library libgdal.so || install_packages gdal-bin
}

# --- the cluster ------------------------------------------------------------------------------------------------

make_owner() {
  is_root || return 0
  if ! id "$PG_SYSTEM_USER" >/dev/null 2>&1; then
    say "creating the system user $PG_SYSTEM_USER (PostgreSQL does not run as root); its files are in /var/lib/$PG_SYSTEM_USER"
    useradd --system --user-group --home-dir "/var/lib/$PG_SYSTEM_USER" --shell /usr/sbin/nologin "$PG_SYSTEM_USER"
  fi
  install -d -m 755 -o "$PG_SYSTEM_USER" -g "$PG_SYSTEM_USER" "/var/lib/$PG_SYSTEM_USER" "$PG_HOME"
}

make_private_directory() { # a directory in /tmp could have been put there by somebody else
  run_pg mkdir -p -m 700 "$1"
  run_pg sh -c '[ -O "$1" ] && [ ! -L "$1" ] && chmod 700 "$1"' sh "$1" || die "$1 belongs to another user: remove it"
}

create_cluster() {
  local locale=C.UTF-8
  ! is_mac || locale=C
  say "creating a private PostgreSQL $("$PG_BIN/postgres" --version | sed 's/.* \([0-9]*\)\..*/\1/') cluster in $PG_DATA"
  run_pg rm -rf "$PG_DATA.new"
  # The password goes through a pipe: it stands in no file and in no argument list.
  # (`cat |`, because the file behind /dev/stdin must be the owner's own pipe.)
  secret WANGGE_ADMIN_PASSWORD | run_pg sh -c 'cat | "$@"' sh "$PG_BIN/initdb" -D "$PG_DATA.new" -U wangge_admin --pwfile=/dev/stdin \
    -A scram-sha-256 -E UTF8 --locale="$locale" --no-sync >"$LOCAL/log/initdb.log" 2>&1 || {
    tail -n 20 "$LOCAL/log/initdb.log" >&2
    die "initdb failed"
  }
  run_pg mv "$PG_DATA.new" "$PG_DATA"
}

configure_cluster() { # port; written before every start, so that a changed ./dev reaches old clusters too
  run_pg tee "$PG_DATA/wangge.conf" >/dev/null <<CONF
# Written by ./dev before every start.
port = $1
listen_addresses = '127.0.0.1'
unix_socket_directories = '$PG_SOCKETS'
unix_socket_permissions = 0700
timezone = 'UTC'
log_timezone = 'UTC'
password_encryption = 'scram-sha-256'
max_connections = 120
max_locks_per_transaction = 512   # one transaction may stamp a whole city
shared_buffers = '256MB'
work_mem = '16MB'
max_wal_size = '2GB'
jit = off
# Development only: a crash of the machine may lose this cluster. Never so in production.
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
  run_pg sh -c 'grep -q "^include .wangge.conf" "$1" || echo "include '\''wangge.conf'\''" >>"$1"' sh "$PG_DATA/postgresql.conf"
  run_pg tee "$PG_DATA/pg_hba.conf" >/dev/null <<HBA
# Written by ./dev. The first line that fits decides; city roles ("<installation>_<city>") fit only the last three.
local   all   $PG_LOGINS   scram-sha-256
host    all   $PG_LOGINS   127.0.0.1/32   scram-sha-256
local   all   all   reject
host    all   all   0.0.0.0/0   reject
host    all   all   ::/0   reject
HBA
}

cluster_pid() { # the pid of this cluster's server, if it runs; a pid file left by a crash or a reboot is removed
  local pid
  pid=$(run_pg head -n 1 "$PG_DATA/postmaster.pid" 2>/dev/null) || return 1
  if is_mac; then
    if ps -p "$pid" -o comm= 2>/dev/null | grep postgres >/dev/null; then printf '%s\n' "$pid" && return 0; fi
  elif [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$(readlink -f "$PG_DATA")" ]; then # a server's cwd is its data
    printf '%s\n' "$pid"
    return 0
  fi
  run_pg rm -f "$PG_DATA/postmaster.pid"
  return 1
}

start_cluster() {
  local port tries
  port=$(cat "$LOCAL/pg.port" 2>/dev/null || printf '%s\n' $((54000 + 0x${PG_HASH:0:4} % 1000)))
  make_private_directory "$PG_SOCKETS"
  for tries in 1 2 3 4 5; do
    port=$(free_port "$port")
    configure_cluster "$port"
    # Ours does not run, and nobody else uses this directory: what lies in it is of a crash or of before a reboot.
    run_pg sh -c 'rm -f "$1"/.s.PGSQL.*' sh "$PG_SOCKETS"
    # The server must outlive us and hold none of our descriptors (9 is the lock).
    if run_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -l "$PG_LOG" -w -t 60 start </dev/null >"$LOCAL/log/pg_ctl.log" 2>&1 9>&-; then
      printf '%s\n' "$port" >"$LOCAL/pg.port"
      return
    fi
    case $(run_pg tail -n 5 "$PG_LOG") in
      *'could not bind'* | *'Address already in use'*) port=$((port + tries)) ;;
      *'is still in use'*) sleep 1 ;; # a killed server's last children are still going
      *) break ;;
    esac
  done
  run_pg tail -n 20 "$PG_LOG" >&2 || cat "$LOCAL/log/pg_ctl.log" >&2
  die "PostgreSQL did not start"
}

stop_cluster() {
  if [ -z "${PG_BIN:-}" ]; then
    PG_VERSION=$(run_pg cat "$PG_DATA/PG_VERSION" 2>/dev/null || true)
    [ -n "$PG_VERSION" ] && find_server || return 0
  fi
  cluster_pid >/dev/null || return 0
  run_pg "$PG_BIN/pg_ctl" -D "$PG_DATA" -m fast -w -t 60 stop >/dev/null 2>&1 || warn "PostgreSQL did not stop within a minute"
}

psql_admin() { # psql's arguments; as the cluster's superuser over its socket
  PGPASSWORD=$(secret WANGGE_ADMIN_PASSWORD) PGOPTIONS='' "$PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 \
    -h "$PG_REACH" -p "$(cat "$LOCAL/pg.port")" -U wangge_admin "$@"
}

reset_password() { # .local/env was removed and made again: the cluster learns the new password in single-user mode
  say "giving the cluster the password of the new .local/env"
  stop_cluster
  printf "ALTER ROLE wangge_admin PASSWORD '%s'\n" "$(secret WANGGE_ADMIN_PASSWORD)" |
    run_pg "$PG_BIN/postgres" --single -D "$PG_DATA" postgres >/dev/null 2>&1 || die "the password could not be set"
  start_cluster
}

own_database_url() {
  printf 'postgresql://wangge_admin:%s@/wangge?host=%s&port=%s\n' "$(secret WANGGE_ADMIN_PASSWORD)" \
    "$(printf '%s' "$PG_REACH" | sed 's/%/%25/g; s/ /%20/g; s/&/%26/g; s/#/%23/g; s/+/%2B/g')" "$(cat "$LOCAL/pg.port")"
}

is_own_url() { # the caller may have sourced .local/env before calling us
  case $1 in *"@/wangge?host="*"&port="*) [ "$1" = "$(secret DATABASE_URL)" ] ;; *) false ;; esac
}

ensure_cluster() { # started, with a database `wangge`; exports DATABASE_URL and the secrets
  ensure_secrets
  if [ -n "${DATABASE_URL:-}" ] && ! is_own_url "$DATABASE_URL"; then
    say "using the PostgreSQL of DATABASE_URL; no private cluster is started"
    ensure_map_libraries
    has pg_dump || install_packages postgresql-client
    export_secrets
    return
  fi
  place_cluster
  ensure_server
  export PATH=$PG_BIN:$PATH # stamping a city runs pg_dump, of the server's own version
  make_owner
  run_pg test -d "$PG_DATA" || create_cluster
  if ! cluster_pid >/dev/null; then
    say "starting PostgreSQL"
    start_cluster
    # shellcheck disable=SC2034  # read by end_run in servers.sh
    CLUSTER_STARTED=yes
  fi
  # Only the cluster's own user may enter a private socket directory; root may always.
  PG_REACH=$PG_SOCKETS
  psql_admin -d postgres -c '' 2>/dev/null || reset_password
  if [ "$(psql_admin -d postgres -Atc "select 1 from pg_database where datname = 'wangge'")" != 1 ]; then
    psql_admin -d postgres -c "create database wangge"
  fi
  [ "$(secret DATABASE_URL)" = "$(own_database_url)" ] || keep_secret DATABASE_URL "$(own_database_url)"
  DATABASE_URL=$(secret DATABASE_URL)
  export DATABASE_URL
  export_secrets
}

export_secrets() { # all of .local/env but DATABASE_URL, which the caller may have given
  local given=${DATABASE_URL:-}
  set -a
  # shellcheck disable=SC1091
  . "$LOCAL/env"
  set +a
  [ -z "$given" ] || export DATABASE_URL=$given
}

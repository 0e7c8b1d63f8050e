# shellcheck shell=bash
# The processes of a running Wangge: servers for city hosts and for operators, two workers. Sourced by ./dev.

SERVED=''             # names of what this run started, in order
READY_WITHIN_S=90     # the first request loads GDAL, the URL tables and the templates
STOP_WITHIN_S=15
RESTART_AFTER_S=3     # a worker that died begins anew, but not in a tight circle

start_process() { # name command …: in the background; its output in .local/log/<name>.log
  local name=$1
  shift
  set -m # a process group of its own: the terminal's Ctrl-C reaches ./dev, which ends the others in order
  "$@" </dev/null >"$LOCAL/log/$name.log" 2>&1 9>&- &
  set +m
  remember_process "$name" "$!"
  case " $SERVED " in *" $name "*) ;; *) SERVED="$SERVED $name" ;; esac
}

start_server() { # name port login [VARIABLE=value …]
  local name=$1 port=$2 login=$3
  shift 3
  printf '%s\n' "$port" >"$LOCAL/run/$name.port"
  start_process "$name" env "WANGGE_LOGIN=$login" "$@" granian --interface wsgi --host "${WANGGE_BIND:-127.0.0.1}" --port "$port" \
    --workers "${WANGGE_WORKERS:-1}" --blocking-threads 4 --no-ws wangge.shell.wsgi:application
}

start_worker() { # worker | operator-worker: the latter does the operators' long work under their login
  local login=worker
  [ "$1" = worker ] || login=operator
  start_process "$1" env "WANGGE_LOGIN=$login" python "$ROOT/manage.py" run_worker
}

start_workers() {
  start_worker worker
  start_worker operator-worker
}

birth() { # pid -> what tells this process from a later one with the same number; fails when it is gone
  local stat
  if [ -d /proc/self ]; then
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # shellcheck disable=SC2086
    set -- ${stat##*) } # state, then 18 fields, then the start in ticks since boot
    [ "$1" != Z ] && printf '%s\n' "${20}"
  else
    ps -p "$1" -o lstart= 2>/dev/null
  fi
}

remember_process() { # name pid
  printf '%s %s\n' "$2" "$(birth "$2")" >"$LOCAL/run/$1.pid"
}

process_pid() { # name -> its pid, if that very process still runs (after a reboot the number may be another's)
  local pid born
  read -r pid born 2>/dev/null <"$LOCAL/run/$1.pid" || return 1
  [ -n "$born" ] && [ "$(birth "$pid")" = "$born" ] && printf '%s\n' "$pid"
}

health() { # port -> the HTTP status of /readyz, or nothing
  local line=''
  { exec 3<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 0
  printf 'GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$1" >&3
  IFS= read -r -t 10 line <&3 || true
  exec 3<&- 3>&-
  printf '%s\n' "$line" | cut -d' ' -f2
}

show_failure() {
  warn "$1: the end of .local/log/$2.log says"
  tail -n 25 "$LOCAL/log/$2.log" >&2
}

wait_until_healthy() { # name port
  local waited=0 status=''
  while [ "$waited" -lt "$READY_WITHIN_S" ]; do
    if ! process_pid "$1" >/dev/null; then
      show_failure "the $1 server ended" "$1"
      return 1
    fi
    status=$(health "$2")
    [ "$status" != 200 ] || return 0
    sleep 1
    waited=$((waited + 1))
  done
  show_failure "the $1 server did not answer 200 on http://127.0.0.1:$2/readyz within $READY_WITHIN_S s (last: ${status:-nothing})" "$1"
  return 1
}

any_alive() { # names …
  local name
  for name in "$@"; do
    if process_pid "$name" >/dev/null; then return 0; fi
  done
  return 1
}

stop_processes() { # names …: asked to end, then made to
  local name pid waited=0
  for name in "$@"; do
    if pid=$(process_pid "$name"); then kill -TERM "$pid" 2>/dev/null || true; fi
  done
  while any_alive "$@" && [ "$waited" -lt $((STOP_WITHIN_S * 5)) ]; do
    sleep 0.2
    waited=$((waited + 1))
  done
  for name in "$@"; do
    if pid=$(process_pid "$name"); then kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true; fi
    rm -f "$LOCAL/run/$name.pid"
  done
}

started_names() { # everything that has a pid file here, the ./dev that supervises last
  local file
  for file in "$LOCAL"/run/*.pid; do
    [ -e "$file" ] || continue
    file=${file##*/}
    printf '%s\n' "${file%.pid}"
  done
}

end_run() { # trap of demo and up: servers, and the cluster if this run started it
  trap '' INT TERM
  trap - EXIT
  [ -z "$SERVED" ] || say "stopping"
  # shellcheck disable=SC2086
  stop_processes $SERVED
  rm -f "$LOCAL/run/supervisor.pid" "$LOCAL/run/banner"
  [ -z "$CLUSTER_STARTED" ] || stop_cluster
}

supervise() { # until Ctrl-C, ./dev stop, or a server's end; a worker that ends is started again
  local name
  while true; do
    for name in $SERVED; do
      process_pid "$name" >/dev/null || revive "$name" || return 1
    done
    sleep 1
  done
}

revive() { # name: a worker's jobs are safe in the queue, so it begins anew; a server that ends ends the run
  show_failure "$1 ended by itself" "$1"
  case $1 in
    *worker)
      say "starting $1 again"
      sleep "$RESTART_AFTER_S"
      start_worker "$1"
      ;;
    *) return 1 ;;
  esac
}

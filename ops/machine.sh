# shellcheck shell=bash
# What the machine must hold: packages of the system, Python, uv, the environment, Node and the built page.
# Sourced by ./dev, which sets ROOT, LOCAL and `set -euo pipefail`. Works with bash 3.2 (macOS).

UV_WANTED='uv>=0.9,<1'
# Python versions that pyproject.toml admits, best first; /usr/bin before anything a version manager shims in.
PYTHONS='3.13 3.12 3.11'

say() { printf '· %s\n' "$*" >&2; }
warn() { printf '! %s\n' "$*" >&2; }
die() {
  printf '✗ %s\n' "$*" >&2
  exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }
is_root() { [ "$(id -u)" = 0 ]; }
has_library() { # name as the dynamic linker lists it; /sbin is not on every user's PATH
  PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -F "$1" >/dev/null
}
is_mac() { [ "$(uname -s)" = Darwin ]; }

digest() { # stdin -> 64 hex digits
  if has sha256sum; then sha256sum; else shasum -a 256; fi | cut -c1-64
}

random_hex() { # number of bytes -> twice as many hex digits
  od -An -v -N"$1" -tx1 /dev/urandom | tr -d ' \n'
}

port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() { # first candidate [ports to leave alone …] -> the first free port from there on
  local port=$1
  shift
  while port_taken "$port" || case " $* " in *" $port "*) true ;; *) false ;; esac; do port=$((port + 1)); done
  printf '%s\n' "$port"
}

# --- packages of the system -------------------------------------------------------------------------------------

as_root() {
  if is_root; then
    "$@"
  elif has sudo; then
    sudo "$@"
  else
    die "root is needed for: $*  (there is no sudo here; run it as root once, then ./dev again)"
  fi
}

apt_updated=''
apt_update() {
  [ -z "$apt_updated" ] || return 0
  has apt-get || return 1
  say "refreshing apt's package lists"
  as_root apt-get -o DPkg::Lock::Timeout=120 -qq update </dev/null || warn "apt-get update failed; going on with the old lists"
  apt_updated=yes
}

install_packages() { # names …
  if is_mac; then
    has brew || die "missing: $*. Install Homebrew (or these by hand) and run ./dev again."
    brew install "$@"
    return
  fi
  has apt-get || die "missing: $*. This system has no apt-get: install them by hand and run ./dev again."
  apt_update
  say "installing by apt: $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 -qq -y \
    --no-install-recommends install "$@" </dev/null >>"$LOCAL/log/apt.log" 2>&1 || {
    tail -n 20 "$LOCAL/log/apt.log" >&2
    die "apt could not install: $*"
  }
}

ensure_certificates() { # uv, pip and npm trust the system's bundle
  is_mac || [ -s /etc/ssl/certs/ca-certificates.crt ] || install_packages ca-certificates
}

# --- Python and uv ----------------------------------------------------------------------------------------------

find_python() {
  local version candidate
  for version in $PYTHONS; do
    for candidate in "/usr/bin/python$version" "/opt/homebrew/bin/python$version" "/usr/local/bin/python$version"; do
      if [ -x "$candidate" ]; then
        printf '%s\n' "$candidate"
        return 0
      fi
    done
  done
  return 1
}

ensure_python() { # sets PYTHON
  if ! PYTHON=$(find_python); then
    if is_mac; then install_packages python@3.12; else install_packages python3 python3-venv; fi
    PYTHON=$(find_python) || die "no Python among $PYTHONS, also after installing python3: Debian 12 or Ubuntu 24.04 at least"
  fi
}

uv_is_recent() { # a uv before 0.9 may not read our lock file
  local version
  version=$("$1" --version 2>/dev/null) || return 1
  case $version in 'uv 0.'[0-8].* | 'uv 0.'[0-8]) return 1 ;; 'uv '*) return 0 ;; *) return 1 ;; esac
}

ensure_uv() { # sets UV; from PyPI into .local/tools unless a recent one is on PATH
  if has uv && uv_is_recent uv; then
    UV=$(command -v uv)
    return
  fi
  UV=$LOCAL/tools/bin/uv
  export UV_CACHE_DIR=${UV_CACHE_DIR:-$LOCAL/cache/uv}
  if [ -x "$UV" ] && uv_is_recent "$UV"; then return; fi
  "$PYTHON" -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
  say "installing uv into .local/tools"
  "$PYTHON" -m venv --clear "$LOCAL/tools"
  "$LOCAL/tools/bin/python" -m pip --no-cache-dir --disable-pip-version-check -q install "$UV_WANTED"
}

ensure_environment() { # .venv as the lock file has it
  local stamp=$ROOT/.venv/.wangge-stamp wanted
  ensure_python
  wanted=$({ cat "$ROOT/uv.lock" "$ROOT/pyproject.toml" && printf '%s' "$PYTHON $ROOT"; } | digest)
  if [ -x "$ROOT/.venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
  ensure_certificates
  ensure_uv
  say "making the Python environment in .venv with $PYTHON"
  UV_PYTHON=$PYTHON UV_PYTHON_DOWNLOADS=never "$UV" --directory "$ROOT" sync --frozen --quiet ||
    die "uv could not make .venv (is the package index reachable?)"
  printf '%s\n' "$wanted" >"$stamp"
}

# --- the page ---------------------------------------------------------------------------------------------------

page_digest() {
  (cd "$ROOT/platform/web" && find . -name node_modules -prune -o -type f -print | LC_ALL=C sort | while IFS= read -r file; do
    printf '%s\n' "$file"
    cat "$file"
  done) | digest
}

ensure_node_modules() { # Node itself is a wheel among the development tools: .venv/bin/node, npm
  local web=$ROOT/platform/web stamp=$ROOT/platform/web/node_modules/.wangge-stamp wanted
  wanted=$(digest <"$web/package-lock.json")
  [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ] || return 0
  say "fetching the page's packages (npm ci)"
  (cd "$web" && npm ci --no-audit --no-fund >"$LOCAL/log/npm.log" 2>&1) || {
    grep -v '^npm notice' "$LOCAL/log/npm.log" | head -n 25 >&2
    die "npm ci failed in platform/web (all of it in .local/log/npm.log)"
  }
  printf '%s\n' "$wanted" >"$stamp"
}

ensure_page() { # platform/wangge/static/build, rebuilt only when a source file changed
  local built=$ROOT/platform/wangge/static/build wanted
  if [ ! -f "$ROOT/platform/web/package-lock.json" ]; then
    say "no front-end in platform/web yet: nothing to build"
    return
  fi
  wanted=$(page_digest)
  if [ "$(cat "$built/.wangge-stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
  ensure_node_modules
  say "building the page"
  (cd "$ROOT/platform/web" && npm run --silent build >"$LOCAL/log/page.log" 2>&1) || {
    tail -n 30 "$LOCAL/log/page.log" >&2
    die "the page could not be built"
  }
  printf '%s\n' "$wanted" >"$built/.wangge-stamp"
}

# --- Chromium, for tests that look at the page ------------------------------------------------------------------

find_chromium() { # the one without windows first: the same pages for four fifths of the work
  local name
  for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable; do
    if has "$name"; then
      command -v "$name"
      return 0
    fi
  done
  return 1
}

offered_chromium() { # the package to install; Ubuntu's chromium is only a pointer to a snap, of version 1 or 2
  local name
  for name in chromium-headless-shell chromium; do
    if apt-cache show "$name" 2>/dev/null | grep '^Version: [0-9]\{3\}' >/dev/null; then
      printf '%s\n' "$name"
      return 0
    fi
  done
  return 1
}

ensure_chromium() { # exports WANGGE_CHROMIUM; without one the browser tests are skipped, aloud
  local name
  if [ -z "${WANGGE_CHROMIUM:-}" ] && ! WANGGE_CHROMIUM=$(find_chromium); then
    if is_mac; then
      warn "no Chromium or Chrome found: the browser tests will be skipped"
    elif apt_update && name=$(offered_chromium); then
      install_packages "$name"
      WANGGE_CHROMIUM=$(find_chromium) || die "$name was installed but is not on PATH"
    else # Ubuntu's package is a snap
      warn "this system has no Chromium package: the browser tests will be skipped (set WANGGE_CHROMIUM to a browser)"
    fi
  fi
  if [ -z "$WANGGE_CHROMIUM" ]; then
    unset WANGGE_CHROMIUM
    return
  fi
  export WANGGE_CHROMIUM
  is_mac && return
  compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' >/dev/null || install_packages fonts-noto-cjk
  has_library libatomic.so.1 || install_packages libatomic1 # Playwright's own Node wants it
}

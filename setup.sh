# What ./run and ./check share: bring this machine to what they need, once. Sourced, not run.
# It asks the system for nothing that is already there, and Python for nothing that is up to date.

say() {
  printf 'auditdash: %s\n' "$*" >&2
}

stop() {
  say "$*"
  exit 1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

can_load() {
  python3 -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" >/dev/null 2>&1
}

# need PACKAGE WHY: note a package that is missing.
need() {
  missing="$missing $1"
  say "missing: $1 ($2)"
}

find_python() {
  command -v python3 >/dev/null 2>&1 || stop "no python3. As root, run: apt-get install python3"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$(python3 --version) is too old: auditdash needs Python 3.11 or newer"
}

find_what_running_needs() {
  python3 -c 'import ensurepip, venv' >/dev/null 2>&1 ||
    need python3-venv "makes the folder that holds our Python packages"
  can_load libpango-1.0.so.0 || need libpango-1.0-0 "sets the text of PDF reports"
  can_load libpangoft2-1.0.so.0 || need libpangoft2-1.0-0 "draws the text of PDF reports"
  can_load libharfbuzz-subset.so.0 || need libharfbuzz-subset0 "embeds only the letters in use"
}

find_browser() {
  [ -n "${CHROME:-}" ] && return
  for name in chromium-headless-shell chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && return
  done
  # On Ubuntu this package only fetches a snap, which the tests cannot drive.
  grep -q '^ID=ubuntu' /etc/os-release 2>/dev/null &&
    stop "no browser: install Google Chrome or a Chromium, or name one: CHROME=/path ./check"
  need chromium-headless-shell "the browser that the tests drive"
}

find_what_testing_needs() {
  find_browser
  can_load libatomic.so.1 || need libatomic1 "the tests' browser driver needs it"
}

install_missing() {
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null 2>&1 ||
    stop "this is not Debian or Ubuntu: install these by hand, then try again:$missing"
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null 2>&1 ||
    stop "not root, and no sudo here. As root, run: apt-get install$missing"
  say "installing from the system's packages:$missing"
  log=$(mktemp)
  # shellcheck disable=SC2086 # a list of words
  if ! { as_root apt-get update -q && as_root env DEBIAN_FRONTEND=noninteractive apt-get install \
    -q -y --no-install-recommends -o DPkg::Lock::Timeout=120 $missing; } >"$log" 2>&1; then
    tail -n 12 "$log" >&2
    rm -f "$log"
    stop "could not install$missing: is there a network, and may you use sudo?"
  fi
  rm -f "$log"
}

make_venv() {
  # A copied or moved folder, or a new Python, leaves a .venv that does not start.
  if ! .venv/bin/python -c '' >/dev/null 2>&1; then
    say "making .venv with $(python3 --version)"
    python3 -m venv --clear .venv
  fi
  .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
}

# uv is several times faster; pip follows where a company's pip.conf is all that leads out.
install_python_packages() {
  if .venv/bin/python -m pip install -q --disable-pip-version-check 'uv==0.13.9' &&
    .venv/bin/python -m uv pip install -q --python .venv/bin/python "$@"; then
    return
  fi
  say "uv could not install them; trying pip"
  .venv/bin/python -m pip install -q --disable-pip-version-check "$@" ||
    stop "could not install the Python packages: is there a network?"
}

# prepare_venv NAME FILE: everything of a requirements file is in .venv, and auditdash itself.
prepare_venv() {
  stamp=".venv/.ready-$1"
  wanted="$PWD $(python3 --version) $(cat requirements*.txt pyproject.toml setup.sh | cksum)"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x .venv/bin/auditdash ]; then
    return
  fi
  make_venv
  say "installing the Python packages of $2"
  install_python_packages -r "$2" -e .
  printf '%s\n' "$wanted" >"$stamp"
}

missing=""
find_python

# To be sourced by POSIX shell scripts: the packages of tests/packages.txt, and
# how a script says little while all is well.

# say TEXT: one line of progress, for a person only.
say() {
  if [ -t 2 ]; then printf '%s\n' "$*" >&2; fi
}

# quietly LOG COMMAND...: run a command with its output kept in LOG; only when it
# fails is the output shown, and the script ends.
quietly() {
  quietly_log=$1
  shift
  mkdir -p -- "$(dirname -- "$quietly_log")"
  if "$@" >"$quietly_log" 2>&1; then return 0; fi
  cat -- "$quietly_log" >&2
  printf '%s: this command stopped: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# packages_of LIST SECTION...: the names that stand in these sections.
packages_of() {
  packages_list=$1
  shift
  awk -v wanted=" $* " '
    /^\[.*\]$/ { inside = index(wanted, " " substr($0, 2, length($0) - 2) " ") > 0; next }
    /^[^#]/ && inside { print }' "$packages_list"
}

# missing_of PACKAGE...: those that dpkg does not have installed.
missing_of() {
  for missing_name in "$@"; do
    case $(dpkg-query -W -f='${db:Status-Status}' "$missing_name" 2>/dev/null) in
      installed) ;;
      *) printf '%s\n' "$missing_name" ;;
    esac
  done
}

# install_packages PACKAGE...: by apt-get, as root or through sudo.
install_packages() {
  if [ "$(id -u)" -eq 0 ]; then
    as_root=
  elif command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
    as_root=sudo
  else
    printf '%s: these packages are missing, and only root may install them:\n' "${0##*/}" >&2
    printf '  apt-get install --no-install-recommends %s\n' "$*" >&2
    exit 1
  fi
  say "installing $*"
  install_log=$(mktemp)
  # env, because sudo drops variables.
  quietly "$install_log" $as_root apt-get -q update
  quietly "$install_log" $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y install --no-install-recommends "$@"
  rm -f -- "$install_log"
}

# require_packages LIST SECTION...: install what is missing of these sections. On
# a system without dpkg there is nothing to ask; CMake names what it does not find.
require_packages() {
  if ! command -v dpkg-query >/dev/null 2>&1; then return 0; fi
  # Package names hold no white space: splitting is what is wanted here.
  # shellcheck disable=SC2046
  set -- $(missing_of $(packages_of "$@"))
  if [ $# -gt 0 ]; then install_packages "$@"; fi
}

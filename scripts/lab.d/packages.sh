# What the machine is made of: QEMU, a static busybox, and a kernel package. Names are resolved, never fixed. apt gets
# sources, lists and caches of its own, so that this machine's list of sources stays as it is.

readonly MIRROR=${NETMAPCUSE_LAB_MIRROR:-http://deb.debian.org/debian}
readonly SUITE=bookworm KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg LISTS_FRESH_DAYS=7

need_tool() { # COMMAND [PACKAGE]
  command -v "$1" >/dev/null && return
  local package=${2:-$1}
  ((EUID == 0)) || die "$1 is missing: apt-get install $package"
  say "installing $package"
  { apt-get update && apt-get install -y --no-install-recommends "$package"; } >"$CACHE/apt.log" 2>&1 ||
    die "$package cannot be installed, see $CACHE/apt.log"
}

lab_apt() {
  local tool=$1 home=$CACHE/apt
  shift
  "$tool" -o Dir::Etc::sourcelist="$home/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$home/lists" -o Dir::Cache="$home/cache" -o APT::Sandbox::User=root "$@"
}

refresh_lists() {
  local home=$CACHE/apt stamp=$CACHE/apt/fresh
  [[ -n $(find "$stamp" -mtime "-$LISTS_FRESH_DAYS" 2>/dev/null) ]] && return
  mkdir -p "$home/lists/partial" "$home/cache/archives/partial"
  cat >"$home/sources.list" <<SOURCES
deb [signed-by=$KEYRING] $MIRROR $SUITE main
deb [signed-by=$KEYRING] $MIRROR $SUITE-backports main
deb [signed-by=$KEYRING] $MIRROR-security $SUITE-security main
SOURCES
  say "reading package lists"
  lab_apt apt-get update >"$CACHE/apt.log" 2>&1 && touch "$stamp" && return
  [[ -e $stamp ]] || die "no package lists, see $CACHE/apt.log"
  say "package lists cannot be refreshed, using those of $(date -r "$stamp" +%F)"
}

# unpack PACKAGE FOLDER
unpack() {
  local download=$CACHE/apt/download
  rm -rf "$download" && mkdir -p "$download" "$2"
  say "fetching $1"
  (cd "$download" && lab_apt apt-get download "$1") >"$CACHE/apt.log" 2>&1 || die "no $1, see $CACHE/apt.log"
  dpkg -x "$download"/*.deb "$2"
  rm -rf "$download"
}

# Sets QEMU, the command, and MISSING, which tells what cannot be had. The stable QEMU has no igb; that of backports is
# unpacked beside it, and takes the libraries of the stable one.
prepare_qemu() {
  local home=$CACHE/qemu packages
  QEMU=(qemu-system-x86_64) MISSING=
  [[ " ${nics[*]}" == *" igb"* ]] || return 0
  ! has_nic igb || return 0
  if [[ ! -e $home/complete ]]; then
    refresh_lists
    packages=$(lab_apt apt-get install -s -t "$SUITE-backports" --no-install-recommends qemu-system-x86 2>"$CACHE/apt.log" |
      sed -n 's/^Inst \([^ ]*\) .*(\([^ ]*\) .*backports.*/\1=\2/p')
    if [[ $packages ]] && fetch_qemu "$home" $packages; then
      touch "$home/complete"
    else
      MISSING="no igb: the QEMU of $SUITE-backports cannot be had, see $CACHE/apt.log"
      say "$MISSING"
      drop_nic igb
      return 0
    fi
  fi
  QEMU=(env QEMU_MODULE_DIR="$home/usr/lib/x86_64-linux-gnu/qemu" "$home/usr/bin/qemu-system-x86_64" -L "$home/usr/share/qemu" -L "$home/usr/share/seabios")
}

# Only the answer shows it: the exit status is 0 in any case, and a list of all loads modules of all builds.
has_nic() { "${QEMU[@]}" -device "$1,help" 2>/dev/null | grep -q '^.* options:'; }

# fetch_qemu FOLDER PACKAGE=VERSION...
fetch_qemu() {
  local home=$1 package
  shift
  rm -rf "$home" "$CACHE/apt/download" && mkdir -p "$home" "$CACHE/apt/download" || return
  say "fetching $*"
  (cd "$CACHE/apt/download" && lab_apt apt-get download "$@") >"$CACHE/apt.log" 2>&1 || return
  for package in "$CACHE/apt/download"/*.deb; do dpkg -x "$package" "$home" || return; done
  rm -rf "$CACHE/apt/download"
  "$home/usr/bin/qemu-system-x86_64" --version >>"$CACHE/apt.log" 2>&1
}

drop_nic() {
  local option kept=()
  for option in "${nics[@]}"; do
    [[ ${option%%:*} == "$1" ]] || kept+=("$option")
  done
  nics=("${kept[@]}")
}

# Sets KERNEL_HOME (with vmlinux and the package's files under root) and RELEASE (as uname -r has it).
prepare_kernel() {
  local package
  refresh_lists
  package=$(lab_apt apt-cache show -a linux-image-amd64 |
    sed -n 's/^Depends: \(linux-image-[^ ,]*\).*/\1/p' | grep -E "^linux-image-${1//./\\.}[.+-]" | sort -V | tail -1) ||
    die "Debian $SUITE has no kernel $1 any more"
  KERNEL_HOME=$CACHE/$package RELEASE=${package#linux-image-}
  BUSYBOX=$CACHE/busybox/bin/busybox
  [[ -x $BUSYBOX ]] || unpack busybox-static "$CACHE/busybox"
  [[ -e $KERNEL_HOME/vmlinux ]] && return
  rm -rf "$KERNEL_HOME"
  unpack "$package" "$KERNEL_HOME/root"
  uncompress_kernel "$KERNEL_HOME/root/boot/vmlinuz-$RELEASE" "$KERNEL_HOME/vmlinux"
}

# QEMU starts an ELF kernel directly (PVH). Its bzImage would spend seconds on uncompressing itself in emulation. Where the
# compressed kernel lies in it, the boot protocol says (setup_sects, payload_offset, payload_length).
uncompress_kernel() {
  local start length tool
  start=$((($(number "$1" 0x1f1 1) + 1) * 512 + $(number "$1" 0x248 4)))
  length=$(number "$1" 0x24c 4)
  case $(tail -c "+$((start + 1))" "$1" | head -c 4 | od -An -tx1) in
    *"fd 37 7a 58") tool=xz ;;
    *"28 b5 2f fd") tool=zstd ;;
    *) die "$1 is compressed in an unknown way" ;;
  esac
  need_tool "$tool"
  # The length of the kernel follows its compressed form, which neither tool takes for its own: they complain after the end.
  tail -c "+$((start + 1))" "$1" | head -c "$length" | "$tool" -dc >"$2.part" 2>/dev/null || true
  [[ $(head -c 4 "$2.part") == $'\x7fELF' ]] || die "$1 holds no kernel"
  mv "$2.part" "$2"
}

# number FILE OFFSET BYTES: an unsigned number, little endian
number() { od -An "-tu$3" -j "$(($2))" -N "$3" "$1" | tr -d ' '; }

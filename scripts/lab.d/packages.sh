# What the machine is made of: QEMU, a static busybox, and a kernel package, all of Debian. Names are resolved, never fixed.
# apt gets sources, lists and caches of its own, so that this machine's list of sources stays as it is; where the packages
# come from it takes from that list.

readonly KERNEL_SUITE=bookworm QEMU_SUITE=trixie KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg LISTS_FRESH_DAYS=7

need_tool() { # COMMAND [PACKAGE]
  command -v "$1" >/dev/null && return
  local package=${2:-$1}
  ((EUID == 0)) || die "$1 is missing: apt-get install $package"
  say "installing $package"
  { apt-get update && apt-get install -y --no-install-recommends "$package"; } >"$CACHE/apt.log" 2>&1 ||
    die "$package cannot be installed, see $CACHE/apt.log"
}

# archive: the address that this machine's apt takes Debian from; archive -security: its security updates.
archive() {
  apt-get indextargets --format '$(ORIGIN)|$(RELEASE)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
    awk -F'|' -v wanted="^[a-z]+${1:-}\$" '$1 == "Debian" && $2 ~ wanted { print $3; exit }'
}

# use_lists NAME: the lists of which lab_apt speaks from now on, read again when they are old.
use_lists() {
  local home=$CACHE/apt/$1 stamp=$CACHE/apt/$1/fresh mirror security suite
  APT_HOME=$home
  [[ -n $(find "$stamp" -mtime "-$LISTS_FRESH_DAYS" 2>/dev/null) ]] && return
  mkdir -p "$home/lists/partial" "$home/cache/archives/partial"
  : >"$home/nothing-installed"
  mirror=$(archive) security=$(archive -security)
  [[ $mirror ]] || die "no Debian among the sources of apt here (apt-get update brings their names)"
  [[ $1 == kernel ]] && suite=$KERNEL_SUITE || suite=$QEMU_SUITE
  {
    echo "deb [signed-by=$KEYRING] $mirror $suite main"
    echo "deb [signed-by=$KEYRING] $mirror $suite-backports main"
    [[ ! $security ]] || echo "deb [signed-by=$KEYRING] $security $suite-security main"
  } >"$home/sources.list"
  say "reading package lists of $suite"
  lab_apt apt-get update >"$CACHE/apt.log" 2>&1 && touch "$stamp" && return
  [[ -e $stamp ]] || die "no package lists of $suite, see $CACHE/apt.log"
  say "package lists cannot be refreshed, using those of $(date -r "$stamp" +%F)"
}

lab_apt() { # TOOL ARGUMENT...
  local tool=$1
  shift
  "$tool" -o Dir::Etc::sourcelist="$APT_HOME/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$APT_HOME/lists" -o Dir::Cache="$APT_HOME/cache" -o APT::Sandbox::User=root "$@"
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

# Sets QEMU, the command: one that has igb and can put a device of another process on its bus (vfio-user, 10.1 and newer).
# It is unpacked with all the libraries that it was built for, its own C library among them, and needs nothing of this machine.
prepare_qemu() {
  local home=$CACHE/qemu-$QEMU_SUITE libraries=$CACHE/qemu-$QEMU_SUITE/usr/lib/x86_64-linux-gnu
  [[ -e $home/complete ]] || fetch_qemu "$home"
  QEMU=(env QEMU_MODULE_DIR="$libraries/qemu" "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries"
    "$home/usr/bin/qemu-system-x86_64" -L "$home/usr/share/qemu" -L "$home/usr/share/seabios")
}

# Only the answer shows it: the exit status is 0 in any case, and a list of all loads modules of all builds.
has_device() { "${QEMU[@]}" -device "$1,help" 2>/dev/null | grep -q '^.* options:'; }

# Where nothing is installed, apt names all that a package needs.
fetch_qemu() { # FOLDER
  local home=$1 package
  use_lists qemu
  rm -rf "$home" && mkdir -p "$home"
  say "fetching QEMU of $QEMU_SUITE-backports"
  lab_apt apt-get -o Dir::State::status="$APT_HOME/nothing-installed" install -y --no-install-recommends --download-only \
    -t "$QEMU_SUITE-backports" qemu-system-x86 >"$CACHE/apt.log" 2>&1 ||
    die "no QEMU of $QEMU_SUITE-backports, see $CACHE/apt.log"
  for package in "$APT_HOME/cache/archives"/*.deb; do dpkg -x "$package" "$home"; done
  rm -rf "$APT_HOME/cache/archives"
  touch "$home/complete"
}

# Sets KERNEL_HOME (with vmlinux and the package's files under root) and RELEASE (as uname -r has it).
prepare_kernel() {
  local package
  use_lists kernel
  package=$(lab_apt apt-cache show -a linux-image-amd64 |
    sed -n 's/^Depends: \(linux-image-[^ ,]*\).*/\1/p' | grep -E "^linux-image-${1//./\\.}[.+-]" | sort -V | tail -1) ||
    die "Debian $KERNEL_SUITE has no kernel $1 any more"
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

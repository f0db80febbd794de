# Tiny virtual machines whose network card is a port of a switch: sourced, not run, after packages.sh and initramfs.sh. The kernel
# and its modules are the lab's; what a guest does is a script of its own, in a second initial file system behind the first.

# start_guest NAME SOCKET ADDRESS [QEMU OPTION...] <SCRIPT: prints what the guest says to $work/NAME.log. Sets GUEST_PID.
# DEVICE: further properties of the network card; NETDEV: further options of its connection.
start_guest() {
  local name=$1 socket=$2 address=$3 place=$work/guest-$1
  shift 3
  rm -f "$work/$name.log"
  mkdir -p "$place/guest"
  {
    cat <<'INIT'
#!/bin/busybox sh
for word in mount cat ip ping sleep wget httpd dd sha256sum mkdir head grep kill ls stty printf seq awk tr wc nc; do
  busybox ln -sf busybox /bin/$word
done
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev 2>/dev/null
mount -t tmpfs tmp /tmp 2>/dev/null || { mkdir -p /tmp; mount -t tmpfs tmp /tmp; }
for word in $(cat /proc/cmdline); do
  case $word in guest.*=*) word=${word#guest.}; export "${word%%=*}=${word#*=}" ;; esac
done
modprobe -a virtio_pci virtio_net 2>/dev/null
for try in $(seq 100); do [ -e /sys/class/net/eth0 ] && break; sleep 0.1; done
ip link set lo up
ip link set eth0 up
ip addr add "$address/24" dev eth0
echo "GUEST-UP $name"
. /guest/script
echo "GUEST-DONE $name"
busybox poweroff -f
INIT
  } >"$place/guest/init"
  cat >"$place/guest/script"
  chmod 755 "$place/guest/init"
  (cd "$place" && find guest | "$BUSYBOX" cpio -o -H newc 2>/dev/null) >"$place/second"
  cat "$INITRAMFS" "$place/second" >"$place/initramfs"
  "${QEMU[@]}" -name "$name" -nodefaults -no-user-config -no-reboot -display none -M q35,memory-backend=mem \
    -accel tcg,thread=multi -cpu max -smp "${GUEST_CPUS:-1}" -m "${GUEST_MEMORY:-192M}" \
    -object "memory-backend-memfd,id=mem,size=${GUEST_MEMORY:-192M},share=on" \
    -chardev "socket,id=c0,path=$socket${CHARDEV:-}" -netdev "vhost-user,id=n0,chardev=c0${NETDEV:-}" \
    -device "virtio-net-pci,netdev=n0,romfile=,vectors=${VECTORS:-0},mac=$(guest_mac "$address")${DEVICE:-}" \
    -kernel "$KERNEL_HOME/vmlinux" -initrd "$place/initramfs" \
    -append "console=ttyS0 quiet panic=-1 oops=panic no_timer_check rdinit=/guest/init guest.name=$name guest.address=$address ${GUEST_WORDS:-}" \
    -serial "file:$work/$name.log" -monitor "unix:$place/monitor,server=on,wait=off" "$@" </dev/null 2>"$work/$name.qemu" &
  GUEST_PID=$!
}

guest_mac() { printf '52:54:00:77:00:%02x' "${1##*.}"; }

# await NAME PATTERN [SECONDS]: until a guest says it
await() {
  local tries
  for ((tries = 0; tries < ${3:-60} * 10; tries++)); do
    grep -aq "$2" "$work/$1.log" 2>/dev/null && return
    sleep 0.1
  done
  echo "guest $1 never said $2:"
  tail -n 20 "$work/$1.log"
  cat "$work/$1.qemu"
  return 1
}

said() { tr -d '\r' <"$work/$1.log" | sed -n "s/^$2 //p"; } # NAME WORD: what follows the word

# monitor NAME COMMAND...: to QEMU's monitor
monitor() {
  local name=$1
  shift
  printf '%s\n' "$@" | timeout 10 "$BUSYBOX" nc -U "$work/guest-$name/monitor" 2>/dev/null ||
    printf '%s\n' "$@" | timeout 10 python3 -c '
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); time.sleep(0.2)
s.sendall(sys.stdin.read().encode()); time.sleep(0.5); print(s.recv(65536).decode())' "$work/guest-$name/monitor"
}

#!/bin/sh
# A test rig of two hosts without a container engine: two network namespaces, "left" and "right", with a veth pair between
# them. One netmapcuse, outside of both, serves programs in either; each finds its own eth0.
#
#   rig.sh up             make the rig                    (root)
#   rig.sh left CMD...    run something on the left host   (10.99.0.1)
#   rig.sh right CMD...   run something on the right host  (10.99.0.2)
#   rig.sh demo           all traffic of the left host passes through nm-bridge while the two talk
#   rig.sh down           remove the rig
#
# NETMAP_DEVICE names the device file (/dev/netmap); netmapcuse serves it already.
set -eu

LEFT=nmrig-left
RIGHT=nmrig-right
HERE=$(cd "$(dirname "$0")" && pwd)
OUT=${OUT:-$HERE/../../out}
export NETMAP_DEVICE="${NETMAP_DEVICE:-/dev/netmap}"

up() {
	for host in $LEFT $RIGHT; do
		ip netns add $host
	done
	ip link add eth0 netns $LEFT type veth peer name eth0 netns $RIGHT
	ip -n $LEFT addr add 10.99.0.1/24 dev eth0
	ip -n $RIGHT addr add 10.99.0.2/24 dev eth0
	for host in $LEFT $RIGHT; do
		ip -n $host link set lo up
		ip -n $host link set eth0 up
	done
}

down() {
	for host in $LEFT $RIGHT; do
		ip netns del $host 2>/dev/null || true
	done
}

# Not "ip netns exec": that hides mounts that come later from the program.
on() {
	host=$1
	shift
	nsenter --net=/run/netns/"$host" "$@"
}

demo() {
	nsenter --net=/run/netns/$LEFT "$OUT"/samples/nm-bridge -t 60 netmap:eth0 netmap:eth0^ &
	bridge=$!
	# The bridge has its interface once there is a TAP for the host's frames, and a moment later both ports.
	tries=0
	while [ $tries -lt 100 ] && ! ip -n $LEFT -brief link | grep -q nmtap; do
		sleep 0.1
		tries=$((tries + 1))
	done
	sleep 1
	ip -n $LEFT -brief link
	# A transfer through the program: ping is not everywhere.
	on $LEFT "$OUT"/samples/tests/transfer receive 7000 &
	receiver=$!
	on $RIGHT "$OUT"/samples/tests/transfer send 10.99.0.1 7000 16
	wait $receiver
	kill $bridge
	wait $bridge
}

case ${1:-} in
up) up ;;
down) down ;;
left) shift; on $LEFT "$@" ;;
right) shift; on $RIGHT "$@" ;;
demo) demo ;;
*) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

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
	on $LEFT "$OUT"/samples/nm-bridge -t 10 netmap:eth0 netmap:eth0^ &
	bridge=$!
	sleep 2
	ip -n $LEFT -brief link
	if command -v ping >/dev/null; then
		on $RIGHT ping -c 3 10.99.0.1
	else
		echo "no ping here: use the rig's addresses with anything else"
	fi
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

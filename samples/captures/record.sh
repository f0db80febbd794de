#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Records veth.pcap: ARP, ICMP, UDP and TCP between two network namespaces joined by a veth pair. Wants root, ip,
# tcpdump, ping or python3, and ethtool if there is one. Leaves nothing behind but the capture.
set -euo pipefail

out=${1:-$(dirname "$0")/veth.pcap}
one=nmcap-$$-a
two=nmcap-$$-b
pids=()

clean_up() {
	for pid in "${pids[@]}"; do
		kill "$pid" 2> /dev/null || true
	done
	ip netns del "$one" 2> /dev/null || true
	ip netns del "$two" 2> /dev/null || true
}
trap clean_up EXIT

# Checksums and segments have to be on the wire as they would be on a cable.
offloads_off() {
	ip netns exec "$1" python3 - "$2" <<'PYTHON'
import array, fcntl, socket, struct, sys
SIOCETHTOOL = 0x8946
SETTERS = {"rx checksum": 0x15, "tx checksum": 0x17, "scatter": 0x19, "tso": 0x1f, "ufo": 0x22, "gso": 0x24, "gro": 0x2c}
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for name, command in SETTERS.items():
    value = array.array("B", struct.pack("II", command, 0))
    request = struct.pack("16sP16x", sys.argv[1].encode(), value.buffer_info()[0])
    try:
        fcntl.ioctl(s, SIOCETHTOOL, request)
    except OSError as e:
        if name not in ("ufo", "rx checksum"):
            print(f"{name}: {e}", file=sys.stderr)
PYTHON
}

ip netns add "$one"
ip netns add "$two"
ip link add cap0 netns "$one" address 02:00:00:00:00:0a type veth peer name cap1 netns "$two" address 02:00:00:00:00:0b
for side in "$one cap0 10.99.0.1" "$two cap1 10.99.0.2"; do
	read -r ns dev address <<< "$side"
	ip netns exec "$ns" sysctl -qw "net.ipv6.conf.$dev.disable_ipv6=1"
	offloads_off "$ns" "$dev"
	ip -n "$ns" address add "$address/24" dev "$dev"
	ip -n "$ns" link set lo up
	ip -n "$ns" link set "$dev" up
done

ip netns exec "$one" tcpdump -i cap0 -s 0 -U -n -Z root -w "$out" 2> /dev/null &
pids+=($!)
ip netns exec "$two" python3 - <<'PYTHON' &
import socket, threading
def tcp():
    s = socket.create_server(("10.99.0.2", 8080))
    for _ in range(2):
        c, _peer = s.accept()
        c.settimeout(5)
        request = c.recv(4096)
        body = bytes(i * 7 & 255 for i in range(40000))
        c.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        c.close()
def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("10.99.0.2", 7))
    s.settimeout(10)
    for _ in range(20):
        data, peer = s.recvfrom(65535)
        s.sendto(data, peer)
threads = [threading.Thread(target=f) for f in (tcp, udp)]
[t.start() for t in threads]
[t.join() for t in threads]
PYTHON
pids+=($!)
sleep 1

ip netns exec "$one" python3 - <<'PYTHON'
import os, socket, struct, time
def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff
ping = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
ping.settimeout(2)
for n in range(10):
    payload = bytes(range(56))
    head = struct.pack("!BBHHH", 8, 0, 0, 4711, n)
    ping.sendto(struct.pack("!BBHHH", 8, 0, checksum(head + payload), 4711, n) + payload, ("10.99.0.2", 0))
    ping.recv(2048)
    time.sleep(0.05)
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.settimeout(2)
for n in range(20):
    udp.sendto(b"datagram %d " % n + bytes(n * 70), ("10.99.0.2", 7))
    udp.recv(65535)
    time.sleep(0.02)
for path in (b"/", b"/second"):
    tcp = socket.create_connection(("10.99.0.2", 8080), 5)
    tcp.sendall(b"GET " + path + b" HTTP/1.0\r\nHost: 10.99.0.2\r\n\r\n")
    got = 0
    while chunk := tcp.recv(65536):
        got += len(chunk)
    tcp.close()
PYTHON
sleep 1
kill -INT "${pids[0]}"
wait "${pids[0]}" || true
unset 'pids[0]'
chmod 644 "$out"
ls -l "$out"

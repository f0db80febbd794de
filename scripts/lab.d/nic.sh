# Shared by the suites that work on the lab's NICs: sourced, not run. The suite says what mac WIRE END is.
LINK_SECONDS=30
failures=0

check() { # NAME COMMAND...
  local output word=ok start=${EPOCHREALTIME/./}
  output=$("${@:2}" 2>&1) || { word=FAIL failures=$((failures + 1)); }
  printf '%s nic %s (%d ms)\n' "$word" "$1" $(((${EPOCHREALTIME/./} - start) / 1000))
  [[ $word == ok ]] || sed 's/^/    /' <<<"$output"
}

interface() { grep -lix "$(mac "$1" "$2")" /sys/class/net/*/address | sed 's,.*net/\([^/]*\)/address,\1,'; }
device() { basename "$(readlink -f "/sys/class/net/$(interface "$1" "$2")/device")"; }
driver() { basename "$(readlink -f "/sys/class/net/$(interface "$1" "$2")/device/driver")"; }
on() { ip netns exec "nic$1.$2" "${@:3}"; } # WIRE END COMMAND...

# put WIRE END ADDRESS: up, in a network namespace of its own, with the name nic. A driver may take its time to be there.
put() {
  local name space=nic$1.$2 tries
  for ((tries = 0; tries < LINK_SECONDS * 5; tries++)); do
    name=$(interface "$1" "$2")
    [[ ! $name ]] || break
    sleep 0.2
  done
  [[ $name ]] && ip netns add "$space" && ip link set "$name" netns "$space" name nic &&
    ip -n "$space" address add "$3/24" dev nic && ip -n "$space" link set nic up
}

carrier() { # WIRE END
  local tries
  for ((tries = 0; tries < LINK_SECONDS * 5; tries++)); do
    ip -n "nic$1.$2" -br link show dev nic | grep -q LOWER_UP && return
    sleep 0.2
  done
  ip -n "nic$1.$2" link show dev nic
  return 1
}

both_carriers() { carrier "$1" 0 && carrier "$1" 1; } # WIRE

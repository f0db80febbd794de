# Shared by the suites that start a daemon: sourced, not run, in the root of the repository.
. scripts/lib.sh

SAMPLES=$PWD/out/samples
work=$(mktemp -d)
export NETMAP_DEVICE=$work/netmap
failures=0
run=() # what a client is started with

# check DOOR NAME COMMAND...: the command's output only if it fails, or as far as it tells of figures.
check() {
  local door=$1 name=$2 start=${EPOCHREALTIME/./} word=ok
  shift 2
  if ! "$@" >"$work/output" 2>&1; then
    word=FAIL failures=$((failures + 1))
  fi
  printf '%s %s %s (%d ms)\n' "$word" "$door" "$name" $(((${EPOCHREALTIME/./} - start) / 1000))
  if [[ $word == ok ]]; then
    grep -h '^round trips\|^flushes\|^lost' "$work/output" | sed 's/^/    /'
  else
    sed 's/^/    /' "$work/output"
    [[ ! -e ${DAEMON_LOG:-} ]] || tail -n 20 "$DAEMON_LOG" | sed 's/^/    daemon: /'
  fi
}

client() { timeout -k 5 "${CLIENT_SECONDS:-60}" "${run[@]}" "$SAMPLES/$@"; }

# For the background: the program itself, to be killed.
exec_client() { exec "${run[@]}" "$SAMPLES/$@"; }

wait_for_port() { # NAME
  local tries
  for tries in {1..200}; do
    client nm-ports 2>/dev/null | grep -qwF "$1" && return
    sleep 0.05
  done
  echo "there is no port $1"
  return 1
}

# traffic TX_PORT RX_PORT FRAMES BATCH [OPTION...]: every frame that arrives is whole and in order; in a pipe all arrive.
traffic() {
  # A switch drops what is sent too early or too fast, so that the end is when nothing comes any more; pipes keep all.
  local idle=0.5 receiver status
  [[ $1 != *'{'* ]] || idle=30
  client nm-gen -f rx -i "$2" -c -N -n "$3" -t 50 --idle "$idle" >"$work/rx" 2>&1 &
  receiver=$!
  [[ $1 == *'{'* ]] || wait_for_port "$2" || return
  client nm-gen -f tx -i "$1" -N -n "$3" -b "$4" -w 0 "${@:5}" || return
  wait "$receiver"
  status=$?
  cat "$work/rx"
  grep -q 'reordered 0, corrupt 0, foreign 0' "$work/rx" && ! grep -q ': 0 frames' "$work/rx" || return
  [[ $1 != *'{'* ]] || grep -q 'lost 0,' "$work/rx" || return
  return "$status"
}

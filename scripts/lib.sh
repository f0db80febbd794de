# Shared by the scripts here: sourced, not run.

# install_missing COMMAND=PACKAGE ...: installs Debian packages for the commands that are not there.
install_missing() {
	local wanted=() pair
	for pair in "$@"; do
		command -v "${pair%%=*}" >/dev/null || wanted+=("${pair#*=}")
	done
	[ ${#wanted[@]} -eq 0 ] && return
	echo "Installing ${wanted[*]}"
	if [ "$(id -u)" -ne 0 ]; then
		echo "Install them first (not root here): apt-get install ${wanted[*]}" >&2
		return 1
	fi
	apt-get update -qq && apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null
}

# need_dotnet: the one thing that no Debian package brings.
need_dotnet() {
	if ! dotnet --list-sdks 2>/dev/null | grep -q '^1[0-9]\.'; then
		echo "The .NET 10 SDK is missing: see https://dotnet.microsoft.com/download/dotnet/10.0" >&2
		return 1
	fi
}

# start_daemon DEVICE [OPTIONS ...]: starts out/netmapcuse and waits until it is ready. Sets DAEMON_PID, DAEMON_LOG.
start_daemon() {
	local device=$1 tries
	shift
	DAEMON_LOG=$(mktemp)
	out/netmapcuse serve --device "$device" "$@" >"$DAEMON_LOG" 2>&1 &
	DAEMON_PID=$!
	for tries in $(seq 800); do
		grep -q '^ready' "$DAEMON_LOG" && return
		kill -0 "$DAEMON_PID" 2>/dev/null || break
		sleep 0.05
	done
	echo "The daemon did not get ready:" >&2
	cat "$DAEMON_LOG" >&2
	return 1
}

# stop_daemon: ends it and waits.
stop_daemon() {
	[ -n "${DAEMON_PID:-}" ] || return 0
	kill "$DAEMON_PID" 2>/dev/null || true
	wait "$DAEMON_PID" 2>/dev/null || true
	rm -f "$DAEMON_LOG"
	DAEMON_PID=
}

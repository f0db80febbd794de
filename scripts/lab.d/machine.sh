# One boot of the machine: its command line, its output, its end.

readonly BOOT_SECONDS=60 TIMED_OUT=124 DIED=123
PLACE= guest= server=
clean_up() {
  [[ -z $server ]] || kill "$server" 2>/dev/null || true
  [[ -z $guest ]] || kill "$guest" 2>/dev/null || true
  [[ -z $PLACE ]] || rm -rf "$PLACE"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Sets DEVICES: a wire (a hub) for each --nic, a tester's end of it, the models, and the IOMMU in front of all. Only in
# caching mode it tells the models' process what the guest has mapped.
describe_devices() {
  local hub=0 option model count i number=0 device
  DEVICES=()
  [[ -z $iommu ]] || DEVICES+=(-device "intel-iommu,intremap=on${models:+,caching-mode=on}")
  for option in "${nics[@]}"; do
    IFS=: read -r model count <<<"$option"
    has_device "$model" || die "this QEMU has no NIC $model"
    for ((i = 0; i < ${count:-2}; i++, number++)); do
      DEVICES+=(-netdev "hubport,id=wire$number,hubid=$hub")
      device="$model,netdev=wire$number,romfile=,mac=$(printf '52:54:00:12:%02x:%02x' "$hub" "$i")"
      case $model in
        # Otherwise it does not use the IOMMU.
        virtio-net-pci) device+=",disable-legacy=on${iommu:+,iommu_platform=on}" ;;
        # Functions of an SR-IOV NIC need a port of their own.
        igb) DEVICES+=(-device "pcie-root-port,id=port$number,chassis=$((number + 1))") device+=",bus=port$number" ;;
      esac
      DEVICES+=(-device "$device")
    done
    [[ -z $tester ]] || DEVICES+=(
      -netdev "dgram,id=tester$hub,local.type=unix,local.path=$tester/guest$hub,remote.type=unix,remote.path=$tester/wire$hub"
      -netdev "hubport,id=end$hub,hubid=$hub,netdev=tester$hub")
    hub=$((hub + 1))
  done
  ((${#models[@]} == 0)) || describe_models
}

# Their process reaches the guest's memory, so that is a file.
describe_models() {
  local option chip count i hub=0
  DEVICES+=(-object "memory-backend-memfd,id=memory,size=$memory,share=on" -machine memory-backend=memory)
  for option in "${models[@]}"; do
    IFS=: read -r chip count <<<"$option"
    for ((i = 0; i < ${count:-2}; i++)); do
      DEVICES+=(-device "{\"driver\":\"vfio-user-pci\",\"socket\":{\"type\":\"unix\",\"path\":\"$PLACE/$hub.$i\"}}")
    done
    hub=$((hub + 1))
  done
}

# The process of the models: sockets $PLACE/WIRE.END, a report when it ends.
start_models() {
  local program=$REPOSITORY/NetmapCuse.Models/bin/Debug/net10.0/NetmapCuse.Models tries
  [[ -x $program ]] || die "the models are not built: dotnet build NetmapCuse.Models"
  "$program" --folder "$PLACE" --seed "$seed" ${writes:+--writes "$writes"} "${models[@]}" >"$PLACE/models" 2>&1 &
  server=$!
  for ((tries = 0; tries < 600; tries++)); do
    ! grep -q '^ready' "$PLACE/models" || return 0
    kill -0 "$server" 2>/dev/null || break
    sleep 0.05
  done
  sed 's/^/  /' "$PLACE/models" >&2
  die "the models do not start"
}

# Their report; a fault is a failure of the run.
end_models() {
  local ended=0
  [[ $server ]] || return 0
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" || ended=$?
  server=
  sed -n '/^ready/d;p' "$PLACE/models"
  [[ $ended == 0 || $STATUS != 0 ]] || STATUS=1
}

# boot COMMAND...: runs it in the guest and exits with its status.
boot() {
  local attempt token
  mkdir -p "$REPOSITORY/out/lab"
  PLACE=$(mktemp -d "$REPOSITORY/out/lab/run.XXXXXX")
  {
    printf 'cd %q\nexport LAB_NICS=%q LAB_MODELS=%q LAB_TESTER=%q\n' "$REPOSITORY" "${nics[*]}" "${models[*]}" "$tester"
    printf '%q ' "$@"
    echo
  } >"$PLACE/command"
  describe_devices
  for attempt in 1 2; do
    token=$RANDOM$RANDOM
    ((${#models[@]} == 0)) || start_models
    if run_once; then
      end_models
      [[ $STATUS ]] || { say "the guest died"; sed 's/^/  /' "$PLACE/log" >&2; }
      exit "${STATUS:-$DIED}"
    fi
    end_models >/dev/null
    say "the guest never spoke"
  done
  sed 's/^/  /' "$PLACE/log" >&2
  exit "$DIED"
}

# One start of QEMU. Fails when the guest did not get as far as the command. Sets STATUS, empty when there is none.
run_once() {
  local line spoke= held= wait=$BOOT_SECONDS
  STATUS=
  : >"$PLACE/log"
  rm -f "$PLACE/console"
  mkfifo "$PLACE/console"
  timeout -k 5 "$limit" "${QEMU[@]}" -nodefaults -no-user-config -no-reboot -display none -M q35 \
    -accel tcg,thread=multi -cpu max -smp "$cpus" -m "$memory" "${DEVICES[@]}" \
    -kernel "$KERNEL_HOME/vmlinux" -initrd "$INITRAMFS" \
    -append "console=ttyS0 quiet panic=-1 oops=panic no_timer_check tsc=reliable lab.token=$token lab.repository=$REPOSITORY lab.run=$PLACE/command" \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
    -serial stdio -monitor none -device isa-debug-exit </dev/null >"$PLACE/console" 2>&1 &
  guest=$!
  while IFS= read -r -t "$wait" line || [[ $line ]]; do
    line=${line%$'\r'}
    case $line in
      "LAB-START $token") spoke=yes wait=$((limit + 10)) ;;
      "LAB-DONE $token "*) STATUS=${line##* } ;;
      '') held+=$'\n' ;; # the last one is no line of the command
      *)
        if [[ $spoke && ! $STATUS ]]; then printf '%s%s\n' "$held" "$line"; else echo "$line" >>"$PLACE/log"; fi
        held=
        ;;
    esac
  done <"$PLACE/console"
  [[ $spoke ]] || kill "$guest" 2>/dev/null || true
  local ended=0
  wait "$guest" || ended=$?
  guest=
  if [[ $spoke && ! $STATUS && $ended == "$TIMED_OUT" ]]; then
    say "no end within $limit seconds"
    STATUS=$TIMED_OUT
  fi
  [[ $spoke ]]
}

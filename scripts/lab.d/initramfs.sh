# The first file system: busybox, the guest's init, and the kernel modules that a run may want with all they depend on.

readonly MODULES="9p 9pnet_virtio virtio_pci
  fuse cuse veth tun bridge dummy sch_ingress cls_bpf act_bpf
  vfio vfio-pci vfio_iommu_type1 uio_pci_generic
  e1000 e1000e igb igbvf virtio_net vmxnet3 8139cp 8139too
  r8169 realtek ixgbe forcedeth mlx4_core mlx4_en"

# Sets INITRAMFS.
build_initramfs() {
  local inputs stage=$CACHE/stage
  inputs=$({ echo "$MODULES"; cat "$PARTS/initramfs.sh" "$PARTS/init"; } | sha256sum | cut -c1-16)
  INITRAMFS=$KERNEL_HOME/initramfs-$inputs
  [[ -e $INITRAMFS ]] && return
  rm -rf "$stage" "$KERNEL_HOME"/initramfs-*
  mkdir -p "$stage"/{bin,dev,proc,sys,host,repository,lib/modules/"$RELEASE"}
  install -m 0755 "$BUSYBOX" "$stage/bin/busybox"
  install -m 0755 "$PARTS/init" "$stage/init"
  ln -s bin "$stage/sbin"
  local name
  for name in sh mount modprobe insmod chroot; do ln -s busybox "$stage/bin/$name"; done
  cp "$KERNEL_HOME/root/lib/modules/$RELEASE"/modules.{builtin,order} "$stage/lib/modules/$RELEASE/"
  add_modules "$stage/lib/modules/$RELEASE"
  "$BUSYBOX" depmod -b "$stage" "$RELEASE"
  (cd "$stage" && find . | "$BUSYBOX" cpio -o -H newc 2>/dev/null) >"$INITRAMFS.part"
  mv "$INITRAMFS.part" "$INITRAMFS"
  rm -rf "$stage"
}

# Module files by name, and the names they depend on, which only the files themselves tell.
add_modules() {
  local source=$KERNEL_HOME/root/lib/modules/$RELEASE file name pending=($MODULES)
  local -A found=() done=()
  while IFS= read -r file; do
    name=${file##*/}
    name=${name%%.ko*}
    found[${name//-/_}]=$file
  done < <(find "$source" -name '*.ko' -o -name '*.ko.xz')
  while ((${#pending[@]})); do
    name=${pending[0]//-/_}
    pending=("${pending[@]:1}")
    # What is not there is built in, or this kernel does not have it.
    [[ $name && ! ${done[$name]:-} && ${found[$name]:-} ]] || continue
    done[$name]=yes
    case ${found[$name]} in
      *.xz) xz -dc "${found[$name]}" >"$1/$name.ko" ;;
      *) cp "${found[$name]}" "$1/$name.ko" ;;
    esac
    IFS=, read -ra file <<<"$(tr '\0' '\n' <"$1/$name.ko" | sed -n 's/^depends=//p')"
    pending+=("${file[@]}")
    file=()
  done
}

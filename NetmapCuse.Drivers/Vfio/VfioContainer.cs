using System.Globalization;
using System.Runtime.InteropServices;
using NetmapCuse.Core.Abi.Linux;
using NetmapCuse.Core.Interop;
using Libc = NetmapCuse.Core.Interop.Libc;

namespace NetmapCuse.Drivers.Vfio;

/// <summary>
/// A container with one IOMMU group and its address space (linux/vfio.h, TYPE1v2). Each NIC has one of its own, so that it reaches
/// what it was given and nothing that another one was.
/// </summary>
internal sealed unsafe class VfioContainer : IDmaSpace, IDisposable
{
    private const string ContainerPath = "/dev/vfio/vfio";
    private const int ReadWriteCloseOnExec = 0x2 | 0x80000;

    private readonly Fd _container;
    private readonly Fd _group;

    private VfioContainer(Fd container, Fd group)
    {
        _container = container;
        _group = group;
    }

    /// <summary>Opens the group and puts it into a container of its own.</summary>
    /// <param name="group">Number of the group; all its devices are VFIO's or nobody's.</param>
    internal static VfioContainer Open(string group)
    {
        Fd container = OpenFile(ContainerPath, "modprobe vfio-pci; containers: --device /dev/vfio");
        Fd? member = null;
        try
        {
            if (Libc.Ioctl(container, VfioNumbers.CheckExtension, (void*)VfioNumbers.Type1v2) != 1)
            {
                throw new PosixException("asking VFIO for an IOMMU (modprobe vfio_iommu_type1)", Errno.NoDev);
            }

            member = OpenFile("/dev/vfio/" + group, "another program has this group, or it is not bound to vfio-pci");
            Join(container, member, group);
            return new VfioContainer(container, member);
        }
        catch
        {
            member?.Dispose();
            container.Dispose();
            throw;
        }
    }

    /// <summary>The descriptor of a device of the group.</summary>
    internal Fd OpenDevice(string address)
    {
        nint name = Marshal.StringToCoTaskMemUTF8(address);
        try
        {
            int descriptor = Libc.Ioctl(_group, VfioNumbers.GroupGetDevice, (void*)name);
            return descriptor >= 0 ? new Fd(descriptor) : throw PosixException.Last($"opening {address} by VFIO");
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    public void Map(byte* address, ulong iova, ulong bytes)
    {
        MapRequest request = new()
        {
            Size = (uint)sizeof(MapRequest),
            Flags = VfioNumbers.DmaRead | VfioNumbers.DmaWrite,
            Address = (ulong)address,
            Iova = iova,
            Bytes = bytes,
        };
        if (Libc.Ioctl(_container, VfioNumbers.IommuMap, &request) != 0)
        {
            string remedy = Marshal.GetLastPInvokeError() == Errno.NoMem
                ? "; memory has to be locked: CAP_IPC_LOCK or a higher RLIMIT_MEMLOCK is needed (containers: --cap-add IPC_LOCK)"
                : string.Empty;
            throw PosixException.Last(string.Create(
                CultureInfo.InvariantCulture, $"mapping {bytes >> 10} KiB for DMA at 0x{iova:x}{remedy}"));
        }
    }

    public void Unmap(ulong iova, ulong bytes)
    {
        UnmapRequest request = new() { Size = (uint)sizeof(UnmapRequest), Iova = iova, Bytes = bytes };
        if (Libc.Ioctl(_container, VfioNumbers.IommuUnmap, &request) != 0)
        {
            throw PosixException.Last("taking memory back from a device");
        }
    }

    public void Dispose()
    {
        _group.Dispose();
        _container.Dispose();
    }

    private static void Join(Fd container, Fd member, string group)
    {
        Status status = new() { Size = (uint)sizeof(Status) };
        if (Libc.Ioctl(member, VfioNumbers.GroupGetStatus, &status) != 0)
        {
            throw PosixException.Last($"asking for IOMMU group {group}");
        }

        if ((status.Flags & VfioNumbers.GroupIsViable) == 0)
        {
            throw new PosixException($"IOMMU group {group} has devices that drivers of the host use", Errno.Busy);
        }

        int number = container.Number;
        if (Libc.Ioctl(member, VfioNumbers.GroupSetContainer, &number) != 0)
        {
            throw PosixException.Last($"putting IOMMU group {group} into a container");
        }

        if (Libc.Ioctl(container, VfioNumbers.SetIommu, (void*)VfioNumbers.Type1v2) != 0)
        {
            throw PosixException.Last("choosing the IOMMU (modprobe vfio_iommu_type1)");
        }
    }

    private static Fd OpenFile(string path, string remedy)
    {
        Fd fd = Libc.Open(path, ReadWriteCloseOnExec, 0);
        return fd.IsInvalid ? throw PosixException.Last($"opening {path} ({remedy})") : fd;
    }

    /// <summary>struct vfio_group_status.</summary>
    private struct Status
    {
        internal uint Size;
        internal uint Flags;
    }

    /// <summary>struct vfio_iommu_type1_dma_map.</summary>
    private struct MapRequest
    {
        internal uint Size;
        internal uint Flags;
        internal ulong Address;
        internal ulong Iova;
        internal ulong Bytes;
    }

    /// <summary>struct vfio_iommu_type1_dma_unmap.</summary>
    private struct UnmapRequest
    {
        internal uint Size;
        internal uint Flags;
        internal ulong Iova;
        internal ulong Bytes;
    }
}

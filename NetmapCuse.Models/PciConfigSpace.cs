using System.Buffers.Binary;

namespace NetmapCuse.Models;

/// <summary>The 256 bytes of configuration space (PCI Local Bus Specification 3.0, chapter 6 and appendix H).</summary>
public sealed class PciConfigSpace
{
    /// <summary>Its length.</summary>
    public const int Length = 256;

    private const int CommandAt = 0x04;
    private const int StatusAt = 0x06;
    private const int BarsAt = 0x10;
    private const int FirstCapabilityAt = 0x34;
    private const int CapabilitiesStart = 0x50;
    private const ushort CapabilityList = 0x10;
    private const ushort BusMasterBit = 4;
    private const byte MsiId = 0x05;
    private const byte ExpressId = 0x10;
    private const byte MsiXId = 0x11;

    private readonly byte[] _bytes = new byte[Length];

    internal PciConfigSpace(PciIdentity identity)
    {
        Put16(0x00, identity.Id.Vendor);
        Put16(0x02, identity.Id.Device);
        _bytes[0x08] = identity.Revision;
        Put16(0x0a, identity.Class);
        Put16(0x2c, identity.Subsystem.Vendor);
        Put16(0x2e, identity.Subsystem.Device);
        _bytes[0x3d] = (byte)(identity.HasLine ? 1 : 0);
        foreach (PciBar bar in identity.Bars)
        {
            Put32(BarsAt + (4 * bar.Index), bar.IsIo ? 1u : bar.Is64Bit ? 4u : 0u);
        }

        PutCapabilities(identity);
    }

    /// <summary>The device may use DMA.</summary>
    public bool IsBusMaster => (BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(CommandAt)) & BusMasterBit) != 0;

    /// <summary>Reads as much as there is.</summary>
    public void Read(int offset, Span<byte> into)
    {
        into.Clear();
        if (offset >= 0 && offset < Length)
        {
            _bytes.AsSpan(offset, Math.Min(into.Length, Length - offset)).CopyTo(into);
        }
    }

    /// <summary>Writes what may be written: not the identifiers.</summary>
    public void Write(int offset, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length && offset + i < Length; i++)
        {
            if (offset + i is >= CommandAt and not (>= 0x08 and < 0x0c))
            {
                _bytes[offset + i] = bytes[i];
            }
        }
    }

    private void PutCapabilities(PciIdentity identity)
    {
        int link = FirstCapabilityAt;
        int at = CapabilitiesStart;
        if (identity.HasMsi)
        {
            // One message, 64-bit address: 14 bytes.
            link = Chain(link, at, MsiId);
            Put16(at + 2, 0x0080);
            at += 0x10;
        }

        if (identity.MsiXVectors > 0)
        {
            link = Chain(link, at, MsiXId);
            Put16(at + 2, (ushort)(identity.MsiXVectors - 1));
            Put32(at + 4, (uint)identity.MsiXBar);
            Put32(at + 8, 0x2000u | (uint)identity.MsiXBar);
            at += 0x10;
        }

        if (identity.IsExpress)
        {
            // Version 2, an endpoint: 60 bytes. Function level reset; a link of 8 lanes at 5 GT/s.
            link = Chain(link, at, ExpressId);
            Put16(at + 2, 0x0002);
            Put32(at + 4, 0x1000_8fc0);
            Put32(at + 0x0c, 0x0001_5482);
            Put16(at + 0x12, 0x1082);
        }

        if (link != FirstCapabilityAt)
        {
            Put16(StatusAt, CapabilityList);
        }
    }

    // Returns where the next one hangs on.
    private int Chain(int link, int at, byte id)
    {
        _bytes[link] = (byte)at;
        _bytes[at] = id;
        return at + 1;
    }

    private void Put16(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(at), value);

    private void Put32(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(at), value);
}

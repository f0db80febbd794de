using NetmapCuse.Drivers.Mmio;
using NetmapCuse.Drivers.Nic;

namespace NetmapCuse.Tests.Drivers.Nic;

/// <summary>The device's side of a virtqueue with tables (VIRTIO 1.2 sections 2.7 and 2.8): for the arithmetic only.</summary>
internal abstract class PlayedVirtqueue
{
    /// <summary>Takes what is available: numbers and tables.</summary>
    internal abstract List<(uint Id, ulong Table)> TakeAll();

    /// <summary>Gives one back.</summary>
    internal abstract void Use(uint id, uint bytes);

    internal sealed class Split(DmaBlock block, uint size) : PlayedVirtqueue
    {
        private ushort _seen;
        private ushort _used;

        private uint AvailableAt => size * 16;

        private uint UsedAt => ((size * 16) + 4 + (2 * size) + 2 + 3) & ~3u;

        internal override List<(uint Id, ulong Table)> TakeAll()
        {
            List<(uint, ulong)> found = [];
            while (_seen != block.At<ushort>(AvailableAt + 2))
            {
                ushort id = block.At<ushort>(AvailableAt + 4 + (_seen++ % size * 2));
                found.Add((id, block.Items<Descriptor>()[id].Low));
            }

            return found;
        }

        internal override void Use(uint id, uint bytes)
        {
            block.At<uint>(UsedAt + 4 + (_used % size * 8)) = id;
            block.At<uint>(UsedAt + 8 + (_used++ % size * 8)) = bytes;
            block.At<ushort>(UsedAt + 2) = _used;
        }
    }

    internal sealed class Packed(DmaBlock block, uint size) : PlayedVirtqueue
    {
        private const ulong Available = 0x80UL << 48;
        private const ulong Used = 0x8000UL << 48;
        private uint _at;
        private bool _round = true;
        private uint _usedAt;
        private bool _usedRound = true;

        internal override List<(uint Id, ulong Table)> TakeAll()
        {
            List<(uint, ulong)> found = [];
            while (found.Count < size)
            {
                Descriptor descriptor = block.Items<Descriptor>()[(int)_at];
                if ((descriptor.High & Available) != 0 != _round || (descriptor.High & Used) != 0 == _round)
                {
                    break;
                }

                found.Add(((ushort)(descriptor.High >> 32), descriptor.Low));
                (_at, _round) = _at + 1 == size ? (0, !_round) : (_at + 1, _round);
            }

            return found;
        }

        internal override void Use(uint id, uint bytes)
        {
            block.Items<Descriptor>()[(int)_usedAt].High = bytes | ((ulong)id << 32) | (_usedRound ? Available | Used : 0);
            (_usedAt, _usedRound) = _usedAt + 1 == size ? (0, !_usedRound) : (_usedAt + 1, _usedRound);
        }
    }
}

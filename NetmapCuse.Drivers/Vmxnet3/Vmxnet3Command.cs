namespace NetmapCuse.Drivers.Vmxnet3;

/// <summary>Commands: written to CMD, whose next reading gives the result (same source).</summary>
internal enum Vmxnet3Command : uint
{
    Activate = 0xcafe_0000,
    Quiesce = 0xcafe_0001,
    Reset = 0xcafe_0002,
    UpdateReceiveMode = 0xcafe_0003,
    UpdateVlans = 0xcafe_0005,
    Link = 0xf00d_0002,
    MacLow = 0xf00d_0003,
    MacHigh = 0xf00d_0004,
}

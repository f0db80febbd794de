namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>Marks what the kernel sends: only these can be taken from a request.</summary>
internal interface IFuseIn;

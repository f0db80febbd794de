namespace NetmapCuse.Core.Abi.Fuse;

/// <summary>Marks what is sent to the kernel: only these can be put into a reply.</summary>
internal interface IFuseOut;

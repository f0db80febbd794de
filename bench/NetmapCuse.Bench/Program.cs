using BenchmarkDotNet.Running;
using NetmapCuse.Bench;

// Micro-benchmarks of the data path, without FUSE: dotnet run -c Release --project bench/NetmapCuse.Bench -- --filter '*'
// The loops of the NIC drivers beside C: make -C bench; dotnet run ... -- nic-loops out/bench/libnicloop.so
if (args is ["nic-loops", string library])
{
    return NicLoops.Run(library);
}

BenchmarkSwitcher.FromAssembly(typeof(BenchPort).Assembly).Run(args);
return 0;

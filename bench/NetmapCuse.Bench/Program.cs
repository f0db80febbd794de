using BenchmarkDotNet.Running;
using NetmapCuse.Bench;

// Micro-benchmarks of the data path, without FUSE: dotnet run -c Release --project bench/NetmapCuse.Bench -- --filter '*'
BenchmarkSwitcher.FromAssembly(typeof(BenchPort).Assembly).Run(args);

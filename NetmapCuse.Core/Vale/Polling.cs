namespace NetmapCuse.Core.Vale;

/// <summary>Polling mode of an attached interface: checked and remembered; rings are served the same way with and without.</summary>
internal readonly record struct Polling(uint Mode, uint FirstCpu, uint Cpus);

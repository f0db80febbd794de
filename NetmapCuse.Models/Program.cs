using NetmapCuse.Models;

return Bench.Run(args);

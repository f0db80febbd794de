using NetmapCuse.Models.Intel;
using NetmapCuse.Models.Mellanox;
using NetmapCuse.Models.Nvidia;
using NetmapCuse.Models.Realtek;

namespace NetmapCuse.Models;

/// <summary>The chips that there are models of, by name.</summary>
public static class Chips
{
    private static readonly Dictionary<string, Func<string, byte[], int, ChipModel>> s_makers = new()
    {
        ["r8168"] = (name, address, seed) => new Rtl8168Model(name, address, seed),
        ["ixgbe"] = (name, address, seed) => new Ixgbe82599Model(name, address, seed),
        ["nforce"] = (name, address, seed) => new NforceModel(name, address, seed),
        ["mlx4"] = (name, address, seed) => new ConnectX3Model(name, address, seed),
    };

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => s_makers.Keys;

    /// <summary>Null: there is no such model.</summary>
    public static ChipModel? Make(string chip, string name, byte[] address, int seed) =>
        s_makers.TryGetValue(chip, out Func<string, byte[], int, ChipModel>? make) ? make(name, address, seed) : null;
}

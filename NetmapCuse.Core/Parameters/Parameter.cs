using NetmapCuse.Core.Abi.Linux;

namespace NetmapCuse.Core.Parameters;

/// <summary>One module parameter: dev.netmap.NAME, a number.</summary>
internal sealed record Parameter
{
    internal required string Name { get; init; }

    internal required Func<long> Read { get; init; }

    /// <summary>Null for values that only tell something.</summary>
    internal Action<long>? Write { get; init; }

    /// <summary>Values that can be stored at all; what they do when they make no sense is told where they are used.</summary>
    internal long Least { get; init; } = int.MinValue;

    internal long Most { get; init; } = int.MaxValue;

    /// <summary>May be set when the device starts, and not afterwards.</summary>
    internal bool IsForStartOnly { get; init; }

    /// <summary>Stores a value.</summary>
    /// <returns>0, EACCES when it cannot be set (now), EINVAL when it is no number in range.</returns>
    internal int Set(string text, bool isStarting)
    {
        if (Write is null || (IsForStartOnly && !isStarting))
        {
            return Errno.Acces;
        }

        if (!ParameterText.TryParse(text, out long value) || value < Least || value > Most)
        {
            return Errno.Inval;
        }

        Write(value);
        return Errno.Ok;
    }
}

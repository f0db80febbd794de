namespace NetmapCuse.Configuration;

/// <summary>What a key of the configuration takes.</summary>
internal enum ValueKind
{
    Text,
    Number,
    YesNo,
    Texts,

    /// <summary>One text or a list of them.</summary>
    TextOrTexts,
}

namespace NetmapCuse.Configuration;

/// <summary>The rules of a device that is served; a reload puts others in their place.</summary>
internal sealed class InterfaceRulesInForce(InterfaceRules rules)
{
    private volatile InterfaceRules _current = rules;

    internal InterfaceRules Current
    {
        set => _current = value;
    }

    /// <summary>Asked by the control plane, on its threads.</summary>
    internal bool Allow(uint userId, string interfaceName) => _current.Allow(userId, interfaceName);
}

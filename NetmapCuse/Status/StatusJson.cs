using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetmapCuse.Status;

/// <summary>The status as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<DeviceStatus>))]
internal sealed partial class StatusJson : JsonSerializerContext
{
    internal static string Of(List<DeviceStatus> devices) => JsonSerializer.Serialize(devices, Default.ListDeviceStatus);
}

using System.Text.Json;

namespace DirectorySync.Gateway.Rest;

/// <summary>Values of enumerations as the REST API says them.</summary>
internal static class Words
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

using System.Globalization;

namespace DirectorySync.Gateway.Internal;

/// <summary>Reads the header grpc-timeout: up to eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    // What a timer can count; beyond it a deadline is none.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(40);

    /// <summary>Null: none, or none that can be read or matters.</summary>
    public static TimeSpan? Find(string? header)
    {
        if (header is not { Length: >= 2 and <= 9 }
            || !long.TryParse(header.AsSpan(..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            return null;
        }

        TimeSpan? timeout = header[^1] switch
        {
            'H' => TimeSpan.FromHours(count),
            'M' => TimeSpan.FromMinutes(count),
            'S' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMilliseconds(count),
            'u' => TimeSpan.FromMicroseconds(count),
            'n' => TimeSpan.FromMicroseconds(count / 1000),
            _ => null,
        };
        return timeout < Longest ? timeout : null;
    }
}

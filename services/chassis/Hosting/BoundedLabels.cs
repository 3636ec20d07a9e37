using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;

namespace DirectorySync.Chassis.Hosting;

/// <summary>
/// Bounds how many directories a process names in its metrics: the first ones it meets, until it ends; the rest are counted together. Each costs a
/// few time series for every outcome.
/// </summary>
public sealed class BoundedLabels(IConfiguration configuration)
{
    /// <summary>The label of all others, and of what is of no directory.</summary>
    public const string Others = "other";

    /// <summary>Directories that are named unless Telemetry:Directories says otherwise.</summary>
    public const int Usual = 500;

    private readonly ConcurrentDictionary<string, string> named = new(StringComparer.Ordinal);
    private readonly int most = configuration.GetValue("Telemetry:Directories", Usual);

    /// <summary>The directory's label.</summary>
    public string Of(string directoryId)
    {
        if (directoryId.Length == 0 || named.ContainsKey(directoryId))
        {
            return directoryId.Length == 0 ? Others : directoryId;
        }

        // A few more at the same moment do no harm.
        return named.Count < most ? named.GetOrAdd(directoryId, directoryId) : Others;
    }

    /// <summary>The label of a directory that may not exist: only what has been met before is named.</summary>
    public string Known(string directoryId) => named.ContainsKey(directoryId) ? directoryId : Others;
}

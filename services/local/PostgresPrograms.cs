using System.Globalization;
using System.Text.RegularExpressions;

namespace DirectorySync.Local;

/// <summary>A PostgreSQL installation: the folder of its programs and its major version.</summary>
internal sealed partial record PostgresPrograms(string Folder, int Version)
{
    public const int OldestVersion = 14;

    public string Program(string name) => Path.Combine(Folder, name);

    /// <summary>All usable installations, newest first.</summary>
    public static async Task<IReadOnlyList<PostgresPrograms>> ListAsync(CancellationToken ct)
    {
        const string debian = "/usr/lib/postgresql";
        var folders = Directory.Exists(debian)
            ? Directory.GetDirectories(debian).Select(version => Path.Combine(version, "bin")).ToList()
            : [];
        if (Command.Find("postgres") is { } onPath)
        {
            // A link on the PATH may stand alone; the other programs are beside what it points to.
            folders.Add(Path.GetDirectoryName(new FileInfo(onPath).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? onPath)!);
        }

        var found = new List<PostgresPrograms>();
        foreach (var folder in folders.Distinct())
        {
            if (File.Exists(Path.Combine(folder, "postgres")) && File.Exists(Path.Combine(folder, "initdb")))
            {
                var version = VersionNumber().Match(await Command.RunAsync(Path.Combine(folder, "postgres"), ["--version"], ct: ct));
                found.Add(new(folder, int.Parse(version.Groups[1].Value, CultureInfo.InvariantCulture)));
            }
        }

        return [.. found.Where(p => p.Version >= OldestVersion).OrderByDescending(p => p.Version)];
    }

    /// <summary>The installation that can run the data of <paramref name="dataVersion"/>, or the newest if there is no data yet.</summary>
    public static async Task<PostgresPrograms> GetAsync(int? dataVersion, string dataFolder, CancellationToken ct)
    {
        var all = await ListAsync(ct);
        if (all.Count == 0)
        {
            throw new CannotRunException(
                $"PostgreSQL {OldestVersion} or later is not installed. Debian, Ubuntu: 'apt-get install postgresql'; elsewhere install "
                + "PostgreSQL with its server programs on the PATH, or set POSTGRES to the connection settings of a running server.");
        }

        return dataVersion is null
            ? all[0]
            : all.FirstOrDefault(p => p.Version == dataVersion) ?? throw new CannotRunException(
                $"The data in {dataFolder} was written by PostgreSQL {dataVersion}, but this machine has only "
                + $"{string.Join(" and ", all.Select(p => p.Version))}. Install PostgreSQL {dataVersion}, or discard the data with 'make clean'.");
    }

    [GeneratedRegex(@"(\d+)(\.|devel|beta|rc)")]
    private static partial Regex VersionNumber();
}

using System.Globalization;
using DirectorySync.Kit;

namespace DirectorySync.Load.SizingBench;

/// <summary>
/// Processor time and memory of what a stack runs, from /proc: of each process, and of PostgreSQL by database. Unlike a rate, it hardly depends on
/// what else the machine does.
/// </summary>
internal sealed class ProcessorTime(Stack stack, int postmaster)
{
    private static readonly string[] Processes = ["gateway", "identity", "group-membership", "attribute-mapping", "roles", "events"];

    // USER_HZ, which Linux has fixed for /proc.
    private const double TicksPerSecond = 100;

    /// <summary>Of a stack that is running.</summary>
    public static async Task<ProcessorTime> OfAsync(Stack stack)
    {
        var data = await stack.QueryAsync("identity", "select current_setting('data_directory')", row => row.GetString(0));
        var pid = int.Parse((await File.ReadAllLinesAsync(Path.Combine(data, "postmaster.pid")))[0], CultureInfo.InvariantCulture);
        return new(stack, pid);
    }

    /// <summary>Seconds that each has used since it was started.</summary>
    public Dictionary<string, double> Seconds()
    {
        var seconds = Processes.ToDictionary(name => name, name => Stat(stack.ProcessId(name)).Own);
        foreach (var pid in Pids())
        {
            try
            {
                var (name, parent, own, _) = Stat(pid);
                if (name == "postgres" && (parent == postmaster || pid == postmaster))
                {
                    // "postgres: role database address state"; the others write, checkpoint, vacuum.
                    var words = File.ReadAllText($"/proc/{pid}/cmdline").Split(' ', '\0');
                    var database = words.Skip(1).FirstOrDefault(word => word.StartsWith("directorysync_", StringComparison.Ordinal));
                    Add(database is null ? "PostgreSQL itself" : "PostgreSQL of " + database["directorysync_".Length..].Replace('_', '-'), own);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile; PostgreSQL counts it among its children.
            }
        }

        Add("PostgreSQL itself", Stat(postmaster).Children);
        return seconds;

        void Add(string name, double more) => seconds[name] = seconds.GetValueOrDefault(name) + more;
    }

    /// <summary>Resident megabytes of each process.</summary>
    public Dictionary<string, double> Megabytes() => Processes.ToDictionary(name => name, name => double.Parse(
        File.ReadAllLines($"/proc/{stack.ProcessId(name)}/status").Single(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / 1000);

    private static List<int> Pids() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? pid : 0).Where(pid => pid > 0).ToList();

    private static (string Name, int Parent, double Own, double Children) Stat(int pid)
    {
        var text = File.ReadAllText($"/proc/{pid}/stat");
        var name = text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..text.LastIndexOf(')')];
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return (name, Number(1), (Number(11) + Number(12)) / TicksPerSecond, (Number(13) + Number(14)) / TicksPerSecond);

        int Number(int field) => int.Parse(fields[field], CultureInfo.InvariantCulture);
    }
}

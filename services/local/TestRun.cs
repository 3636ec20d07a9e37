using System.Diagnostics;
using System.Globalization;
using System.Xml.Linq;

namespace DirectorySync.Local;

/// <summary>Runs the built test projects against one PostgreSQL and one Redis of this run, and adds up what they say.</summary>
internal static class TestRun
{
    /// <summary>Whether nothing failed; the last line printed is the sum.</summary>
    public static async Task<bool> RunAsync(string[] names, CancellationToken ct)
    {
        var projects = Directory.GetFiles(Path.Combine(Repository.Root, "tests"), "*.Tests.csproj", SearchOption.AllDirectories)
            .Where(project => names.Length == 0 || names.Any(name => Path.GetFileName(Path.GetDirectoryName(project)) == name))
            .OrderBy(project => project.Contains("end-to-end", StringComparison.Ordinal)) // the longest last
            .ThenBy(project => project, StringComparer.Ordinal)
            .ToList();
        var results = Path.Combine(Repository.RunFolder, "test-results");
        if (Directory.Exists(results))
        {
            Directory.Delete(results, recursive: true);
        }

        Directory.CreateDirectory(results);

        var sum = default(TestCounts);
        await using (var servers = await TestRunServers.StartAsync(ct))
        {
            foreach (var project in projects)
            {
                sum += await RunAsync(project, results, servers, ct);
            }
        }

        foreach (var failure in Directory.GetFiles(results, "*.trx").Order(StringComparer.Ordinal).SelectMany(TestFailures.Read))
        {
            Progress.Write(failure);
        }

        Progress.Write(sum.ToString());
        return sum is { Failed: 0, Passed: > 0 };
    }

    private static async Task<TestCounts> RunAsync(string project, string results, TestRunServers servers, CancellationToken ct)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        var folder = Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(project)!);
        var started = Stopwatch.GetTimestamp();
        var start = new ProcessStartInfo("dotnet",
        [
            "test", Repository.Assembly(folder, name), "--nologo", "--logger", "console;verbosity=minimal", "--logger", $"trx;LogFileName={name}.trx",
            "--results-directory", results,
            // A test that hangs is named, and ends the run instead of holding it up for ever.
            "--blame-hang-timeout", "8m", "--blame-hang-dump-type", "none",
        ]);
        start.Environment["TEST_POSTGRES"] = servers.Postgres;
        start.Environment["TEST_REDIS"] = servers.Redis;
        using var process = Process.Start(start)!;
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        var counts = TestCounts.Read(Path.Combine(results, name + ".trx"));
        if (process.ExitCode != 0 && counts.Failed == 0)
        {
            // It crashed, or could not even begin: that is a failure whatever it counted.
            Progress.Write($"{name} ended with code {process.ExitCode}");
            counts += new TestCounts(0, 1, 0);
        }

        Progress.Write(string.Create(CultureInfo.InvariantCulture,
            $"{folder}: {counts} in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s\n"));
        return counts;
    }
}

/// <summary>How many tests passed, failed and were skipped.</summary>
internal readonly record struct TestCounts(int Passed, int Failed, int Skipped)
{
    public static TestCounts operator +(TestCounts a, TestCounts b) => new(a.Passed + b.Passed, a.Failed + b.Failed, a.Skipped + b.Skipped);

    public static TestCounts Read(string trx)
    {
        if (!File.Exists(trx))
        {
            return default;
        }

        var counters = XDocument.Load(trx).Descendants().Single(element => element.Name.LocalName == "Counters");
        var (total, executed, passed) = (Value("total"), Value("executed"), Value("passed"));
        return new(passed, executed - passed, total - executed);

        int Value(string name) => int.Parse(counters.Attribute(name)!.Value, CultureInfo.InvariantCulture);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Passed} passed, {Failed} failed{(Skipped > 0 ? $", {Skipped} skipped" : "")}");
}

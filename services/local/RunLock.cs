using System.Globalization;

namespace DirectorySync.Local;

/// <summary>One run per clone: holds <c>.run/lock</c> while it lasts, and knows the processes of a run that did not end well.</summary>
internal sealed class RunLock : IDisposable
{
    private static readonly string ProcessFile = Path.Combine(Repository.RunFolder, "processes");

    private readonly FileStream file;

    private RunLock(FileStream file) => this.file = file;

    /// <exception cref="CannotRunException">Another run of this clone is going on.</exception>
    public static RunLock Take()
    {
        try
        {
            Directory.CreateDirectory(Repository.RunFolder);
            return new(new FileStream(Path.Combine(Repository.RunFolder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new CannotRunException("'make run' is already running in this clone. Stop it with Ctrl-C there, or work with it: "
                + $". {Repository.DemoFile}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CannotRunException($"{Repository.RunFolder} belongs to another user (an earlier run as root?). Remove it, or run as that user.", e);
        }
    }

    /// <summary>Notes the processes of this run, for a next run that finds them left.</summary>
    public static void Note(IEnumerable<ServiceProcess> processes) => File.WriteAllLines(ProcessFile,
        processes.Select(process => $"{process.Id.ToString(CultureInfo.InvariantCulture)} {process.Assembly}"));

    /// <summary>Ends what an earlier run left.</summary>
    public static async Task EndLeftoversAsync(Action<string> say, CancellationToken ct)
    {
        if (!File.Exists(ProcessFile))
        {
            return;
        }

        foreach (var line in await File.ReadAllLinesAsync(ProcessFile, ct))
        {
            if (line.Split(' ', 2) is [var number, var assembly]
                && int.TryParse(number, CultureInfo.InvariantCulture, out var pid)
                && Leftovers.CommandLine(pid).Contains(assembly, StringComparison.Ordinal))
            {
                say($"stopping {Path.GetFileNameWithoutExtension(assembly)} of an earlier run (process {number})");
                await ChildProcess.EndStrangerAsync(pid, ct);
            }
        }

        File.Delete(ProcessFile);
    }

    public void Dispose()
    {
        File.Delete(ProcessFile);
        file.Dispose();
    }
}

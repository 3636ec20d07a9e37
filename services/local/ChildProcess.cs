using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace DirectorySync.Local;

/// <summary>A program that runs beside this one, writes into a log file, hears no Ctrl-C of the terminal, and ends with this process.</summary>
internal sealed class ChildProcess : IDisposable
{
    private const int SigInt = 2;
    private const int SigQuit = 3;
    private const int SigKill = 9;
    private const int SigTerm = 15;

    private readonly Process process;

    private ChildProcess(Process process, string name, string logFile)
    {
        this.process = process;
        Name = name;
        LogFile = logFile;
    }

    /// <summary>How a program gets a session of its own, so that Ctrl-C reaches only us.</summary>
    public static string[] OwnSession { get; } = Command.Find("setsid") is { } setsid ? [setsid] : [];

    public string Name { get; }

    public string LogFile { get; }

    public int Id => process.Id;

    public bool HasExited => process.HasExited;

    public int ExitCode => process.ExitCode;

    public static ChildProcess Start(
        string name,
        string program,
        IEnumerable<string> arguments,
        string logFile,
        string? account = null,
        IReadOnlyDictionary<string, string>? environment = null,
        string? folder = null)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(logFile)!);
        var start = new ProcessStartInfo("sh",
        [
            "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", logFile,
            .. OwnSession, .. OperatingSystemUser.Switch(account), program, .. arguments,
        ])
        {
            WorkingDirectory = folder ?? "/",
        };
        foreach (var (variable, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[variable] = value;
        }

        var process = Process.Start(start)!;
        ProcessGuard.Watch(process.Id);
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => ProcessGuard.Forget(process.Id);
        return new ChildProcess(process, name, logFile);
    }

    /// <summary>Asks it to end (SIGTERM), and insists (SIGKILL) when it has not after the patience.</summary>
    public Task StopAsync(TimeSpan? patience = null) => EndAsync(SigTerm, patience ?? TimeSpan.FromSeconds(30));

    /// <summary>SIGINT: for PostgreSQL the fast shutdown, which ends sessions first.</summary>
    public Task InterruptAsync(TimeSpan? patience = null) => EndAsync(SigInt, patience ?? TimeSpan.FromSeconds(30));

    /// <summary>SIGQUIT: for PostgreSQL the immediate shutdown, which is a crash with no process left behind.</summary>
    public Task QuitAsync() => EndAsync(SigQuit, TimeSpan.FromSeconds(10));

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => EndAsync(SigKill, TimeSpan.FromSeconds(10));

    public Task WaitForExitAsync(CancellationToken ct = default) => process.WaitForExitAsync(ct);

    /// <summary>The end of its log, for messages.</summary>
    public string LastLines(int count = 15) =>
        File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(count)) : "(no log)";

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    /// <summary>Ends a process that an earlier run left behind.</summary>
    public static async Task EndStrangerAsync(int pid, CancellationToken ct)
    {
        try
        {
            using var stranger = Process.GetProcessById(pid);
            Signal(pid, SigInt);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            patience.CancelAfter(TimeSpan.FromSeconds(20));
            try
            {
                await stranger.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                stranger.Kill();
                await stranger.WaitForExitAsync(ct);
            }
        }
        catch (ArgumentException)
        {
            // It ended by itself in between.
        }
    }

    private async Task EndAsync(int signal, TimeSpan patience)
    {
        if (process.HasExited)
        {
            return;
        }

        Signal(process.Id, signal);
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static void Signal(int pid, int signal)
    {
        const int noSuchProcess = 3;
        if (kill(pid, signal) != 0 && Marshal.GetLastPInvokeError() is var error and not noSuchProcess)
        {
            throw new Win32Exception(error);
        }
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int pid, int signal);
}

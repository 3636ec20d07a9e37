using System.ComponentModel;
using System.Diagnostics;

namespace DirectorySync.Local;

/// <summary>Runs a program to its end and answers what it printed.</summary>
internal static class Command
{
    /// <exception cref="CannotRunException">The program is missing or failed; the message holds what it printed.</exception>
    public static async Task<string> RunAsync(
        string program,
        IEnumerable<string> arguments,
        string? account = null,
        IReadOnlyDictionary<string, string>? environment = null,
        string? folder = null,
        CancellationToken ct = default)
    {
        string[] all = [.. OperatingSystemUser.Switch(account), program, .. arguments];
        var start = new ProcessStartInfo(all[0], all[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "/",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new CannotRunException($"'{all[0]}' cannot be started: {e.Message}", e);
        }

        using (process)
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var errors = process.StandardError.ReadToEndAsync(ct);
            try
            {
                await process.WaitForExitAsync(ct);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            return process.ExitCode == 0
                ? await output
                : throw new CannotRunException($"'{Path.GetFileName(program)}' failed ({process.ExitCode}): {await errors}{await output}".TrimEnd());
        }
    }

    /// <summary>Where a program is on the PATH.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}

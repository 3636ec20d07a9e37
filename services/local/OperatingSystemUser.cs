using System.Runtime.InteropServices;

namespace DirectorySync.Local;

/// <summary>Who this process is, and as whom servers run: PostgreSQL refuses to run as root.</summary>
internal static class OperatingSystemUser
{
    public static bool IsRoot { get; } = !OperatingSystem.IsWindows() && geteuid() == 0;

    /// <summary>The account under which a server runs: null is the present one.</summary>
    public static string? ForServer(string account) => IsRoot && Exists(account) ? account : null;

    public static bool Exists(string account) =>
        File.Exists("/etc/passwd") && File.ReadLines("/etc/passwd").Any(line => line.StartsWith(account + ":", StringComparison.Ordinal));

    /// <summary>The arguments that run a program under another account without a process in between.</summary>
    public static IEnumerable<string> Switch(string? account) =>
        account is null ? [] : ["setpriv", $"--reuid={account}", $"--regid={account}", "--init-groups"];

    /// <summary>Makes a folder that only the account can read.</summary>
    public static async Task CreateFolderAsync(string path, string? account, CancellationToken ct)
    {
        Directory.CreateDirectory(path);
        if (account is not null)
        {
            await Command.RunAsync("chown", [$"{account}:", path], ct: ct);
        }

        await Command.RunAsync("chmod", ["0700", path], ct: ct);
    }

    [DllImport("libc")]
    private static extern uint geteuid();
}

using System.Diagnostics;
using System.Globalization;

namespace DirectorySync.Local;

/// <summary>Looks at processes that an earlier run may have left.</summary>
internal static class Leftovers
{
    /// <summary>The command line of a process, or nothing if it is gone.</summary>
    public static string CommandLine(int pid)
    {
        try
        {
            if (Directory.Exists("/proc/self"))
            {
                return File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/cmdline").Replace('\0', ' ');
            }

            using var ps = Process.Start(new ProcessStartInfo("ps", ["-p", pid.ToString(CultureInfo.InvariantCulture), "-o", "command="])
            {
                RedirectStandardOutput = true,
            })!;
            return ps.StandardOutput.ReadToEnd();
        }
        catch (IOException)
        {
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            return "";
        }
    }
}

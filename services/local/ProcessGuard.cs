using System.Diagnostics;

namespace DirectorySync.Local;

/// <summary>
/// Ends what this process started when this process is gone, however it went: a small shell waits at the other end of a pipe, which
/// the operating system closes even after kill -9.
/// </summary>
internal static class ProcessGuard
{
    private const string Script = """
        exec >/dev/null 2>&1
        pids=
        folders=
        while read -r what value; do
          case $what in
            pid) pids="$pids $value" ;;
            ended) kept=; for pid in $pids; do [ "$pid" = "$value" ] || kept="$kept $pid"; done; pids=$kept ;;
            folder) folders="$folders
        $value" ;;
          esac
        done
        ended() { ! kill -0 "$1" || grep -q '^State:.Z' "/proc/$1/status"; }
        alive() { for pid in $pids; do ended "$pid" || return 0; done; return 1; }
        for pid in $pids; do kill -INT "$pid"; done
        tries=0
        while alive && [ $tries -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
        for pid in $pids; do kill -KILL "$pid"; done
        IFS='
        '
        for folder in $folders; do rm -rf "$folder"; done
        """;

    private static readonly Lock Gate = new();
    private static Process? shell;

    /// <summary>The process shall not outlive this one.</summary>
    public static void Watch(int pid) => Say($"pid {pid}");

    /// <summary>The process has ended; its number may be given to a stranger.</summary>
    public static void Forget(int pid) => Say($"ended {pid}");

    /// <summary>The folder shall be removed after this process and those it started.</summary>
    public static void Remove(string folder) => Say($"folder {folder}");

    private static void Say(string line)
    {
        lock (Gate)
        {
            string[] command = [.. ChildProcess.OwnSession, "sh", "-c", Script];
            shell ??= Process.Start(new ProcessStartInfo(command[0], command[1..])
            {
                RedirectStandardInput = true,
                WorkingDirectory = "/",
            })!;
            shell.StandardInput.WriteLine(line);
            shell.StandardInput.Flush();
        }
    }
}

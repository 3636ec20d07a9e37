using System.ComponentModel;
using System.Diagnostics;

namespace DirectorySync.EndToEnd.Tests.Soak;

/// <summary>A file system that can be filled.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private readonly string mount;

    private SmallDisk(string mount) => this.mount = mount;

    public string Folder => Path.Combine(mount, "postgres");

    private string Filler => Path.Combine(mount, "filler");

    /// <summary>Null: this account may not.</summary>
    public static SmallDisk? TryMount(int megabytes)
    {
        var mount = Path.Combine("/var/lib", "directory-sync-disk-" + Guid.NewGuid().ToString("n"));
        try
        {
            System.IO.Directory.CreateDirectory(mount);
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }

        if (Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=755", "tmpfs", mount))
        {
            return new(mount);
        }

        System.IO.Directory.Delete(mount);
        return null;
    }

    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        try
        {
            for (var block = new byte[64 * 1024]; ;)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(Filler);

    public ValueTask DisposeAsync()
    {
        Run("umount", mount);
        System.IO.Directory.Delete(mount);
        return ValueTask.CompletedTask;
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}

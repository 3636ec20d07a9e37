using System.Security.Cryptography;
using System.Text;

namespace DirectorySync.Local;

/// <summary>Where things are in this clone and on this machine.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>What a run leaves behind for people: the demo's settings and logs.</summary>
    public static string RunFolder { get; } = Path.Combine(Root, ".run");

    public static string LogFolder { get; } = Path.Combine(RunFolder, "logs");

    public static string DemoFile { get; } = Path.Combine(RunFolder, "demo.env");

    /// <summary>
    /// The servers' data: <c>.run</c>, but as root a system folder of this clone's own, since the accounts of the servers cannot enter
    /// every folder of root's.
    /// </summary>
    public static string DataFolder { get; } = OperatingSystemUser.IsRoot
        ? Path.Combine("/var/lib/directory-sync", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Root)))[..12])
        : RunFolder;

    /// <summary>The built assembly of a project, in the configuration in which this one was built.</summary>
    /// <exception cref="CannotRunException">It was not built.</exception>
    public static string Assembly(string folder, string name)
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory); // …/bin/<configuration>/<framework>/
        var path = Path.Combine(Root, folder, "bin", output.Parent!.Name, output.Name, name + ".dll");
        return File.Exists(path) ? path : throw new CannotRunException($"{path} is not there. Build it first: make build");
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Microservices.sln")))
        {
            folder = folder.Parent ?? throw new CannotRunException(
                $"No Microservices.sln above {AppContext.BaseDirectory}: these commands work in a clone of the repository.");
        }

        return folder.FullName;
    }
}

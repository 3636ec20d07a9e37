namespace DirectorySync.Structure.Tests;

/// <summary>The repository's own files, as the tests of the tree read them.</summary>
internal static class Tree
{
    public static string Root { get; } = FindRoot();

    /// <summary>Source files below a folder, generated ones left out, with paths relative to the root.</summary>
    public static IEnumerable<string> Files(string folder, string pattern)
    {
        var top = Path.Combine(Root, folder);
        return !Directory.Exists(top)
            ? []
            : Directory.EnumerateFiles(top, pattern, SearchOption.AllDirectories)
                .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules"))
                .Select(file => Path.GetRelativePath(Root, file));
    }

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Microservices.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("No Microservices.sln above the tests.");
        }

        return folder.FullName;
    }
}

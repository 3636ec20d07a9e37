using System.Security.Cryptography;

namespace DirectorySync.Local;

/// <summary>The one secret of an installation, from which the passwords of its servers and services follow.</summary>
internal static class Secret
{
    /// <summary>Reads the secret that is kept in the folder, or makes one; only its owner can read the file.</summary>
    public static async Task<string> LoadAsync(string folder, CancellationToken ct)
    {
        var path = Path.Combine(folder, "secret");
        if (File.Exists(path) && await File.ReadAllTextAsync(path, ct) is { Length: > 0 } kept)
        {
            return kept.Trim();
        }

        Directory.CreateDirectory(folder);
        var secret = RandomNumberGenerator.GetHexString(64, lowercase: true);
        await WritePrivateAsync(path, secret, ct);
        return secret;
    }

    /// <summary>Writes a file that only its owner can read.</summary>
    public static async Task WritePrivateAsync(string path, string text, CancellationToken ct)
    {
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var file = new FileStream(path, options);
        await using var writer = new StreamWriter(file);
        await writer.WriteAsync(text.AsMemory(), ct);
    }
}

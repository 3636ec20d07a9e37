using System.Diagnostics;
using System.Text.Json;
using DirectorySync.Local;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>The client library of the hosted product, unchanged, in a program of Node's (folder application).</summary>
internal static class ClientLibrary
{
    private static readonly string Folder = Path.Combine(Repository.Root, "tests", "end-to-end", "application");
    private static readonly SemaphoreSlim Installing = new(1);

    /// <summary>Runs a script and answers the JSON that it printed.</summary>
    public static async Task<JsonElement> RunAsync(string script, string input = "", params string[] arguments)
    {
        await InstallAsync();
        var (output, errors, code) = await StartAsync("node", input, [script, .. arguments]);
        Assert.True(code == 0, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    /// <summary>Starts a script that runs until it is killed.</summary>
    public static Process Start(string script, params string[] arguments) =>
        Process.Start(new ProcessStartInfo("node", [script, .. arguments]) { WorkingDirectory = Folder, RedirectStandardOutput = true })!;

    private static async Task InstallAsync()
    {
        await Installing.WaitAsync();
        try
        {
            if (!File.Exists(Path.Combine(Folder, "node_modules", ".package-lock.json")))
            {
                var (_, errors, code) = await StartAsync("npm", "", ["ci", "--ignore-scripts", "--no-progress", "--loglevel=error"]);
                Assert.True(code == 0, errors);
            }
        }
        finally
        {
            Installing.Release();
        }
    }

    private static async Task<(string Output, string Errors, int Code)> StartAsync(string program, string input, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (await output, await errors, process.ExitCode);
    }
}

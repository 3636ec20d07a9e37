using System.Collections.Concurrent;
using System.Diagnostics;
using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>The service of protos/README.md, as a process.</summary>
[Collection(SingleSystem.Name)]
public sealed class InternalServiceTests(SingleSystem system)
{
    [Fact]
    public async Task It_reads_users_and_follows_changes_also_through_a_restart_of_the_gateway()
    {
        var directory = await system.CreateDirectoryAsync();
        var first = await directory.Scim().CreateUserAsync("first@example.com");
        var lines = new ConcurrentQueue<string>();
        var program = Path.Combine(DirectorySync.Local.Repository.Root, "tests/internal-service/bin/Release/net10.0/InternalService.dll");
        using var process = new Process
        {
            StartInfo = new("dotnet", [program, system.Stack.GatewayGrpcUrl(), system.ApiKey, directory.Id]) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.OutputDataReceived += (_, line) => lines.Enqueue(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => lines.Enqueue("error: " + line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await Eventually.True(() => lines.Contains($"user {first}"), what: "the user is read");
            var second = await directory.Scim().CreateUserAsync("second@example.com");
            await Eventually.True(() => Told(second) == 1, what: "a change is told");

            await system.Stack.StopAsync("gateway");
            await system.Stack.StartAgainAsync("gateway");
            var third = await directory.Scim().CreateUserAsync("third@example.com");
            await Eventually.True(() => Told(third) == 1, what: "a change after the restart is told");
            Assert.Equal(1, Told(second));
            Assert.False(process.HasExited);
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }

        int Told(string id) => lines.Count(line => line.Contains($"User {id} ", StringComparison.Ordinal));
    }
}

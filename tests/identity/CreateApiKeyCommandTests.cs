using System.Diagnostics;
using DirectorySync.Identity.Users;

namespace DirectorySync.Identity.Tests;

/// <summary>How an operator gets the first API key: the real process, by its arguments.</summary>
public sealed class CreateApiKeyCommandTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task The_command_prints_the_key_and_nothing_else()
    {
        var (code, output, _) = await RunAsync("--name", "first key", "--scopes", "read,admin");

        Assert.Equal(0, code);
        Assert.Matches("^sk_[A-Za-z0-9_-]{43}$", output.TrimEnd('\n'));
        var key = (await identity.Credentials.ResolveApiKeyAsync(new() { SecretHash = IdentityService.HashOf(output.Trim()) })).ApiKey;
        Assert.Equal("first key", key.Name);
        Assert.Equal([ApiKeyScope.Read, ApiKeyScope.Admin], key.Scopes);
    }

    [Theory]
    [InlineData("--name", "x", "--scopes", "root")]
    [InlineData("--name", "x")]
    [InlineData("--scopes", "read")]
    public async Task A_wrong_call_says_how_it_should_look(params string[] arguments)
    {
        var (code, output, error) = await RunAsync(arguments);

        Assert.Equal((2, ""), (code, output));
        Assert.Contains("Usage: create-api-key --name", error, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = new Process
        {
            StartInfo = new("dotnet", [typeof(UserRpc).Assembly.Location, "create-api-key", .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["ConnectionStrings__Postgres"] = identity.ConnectionString },
            },
        };
        process.Start();
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }
}

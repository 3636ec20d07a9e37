using System.Security.Cryptography;
using Xunit.Abstractions;

namespace DirectorySync.EndToEnd.Tests.Chaos;

/// <summary>The short form of <c>make chaos</c>.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Kills = 5;

    [Fact]
    public Task Nothing_is_lost_and_nothing_out_of_order_whatever_is_killed_and_however_the_application_fails() =>
        new ChaosRun(Kills, RandomNumberGenerator.GetInt32(1_000_000), replicas: 1, TimeSpan.FromSeconds(60), output.WriteLine).RunAsync();
}

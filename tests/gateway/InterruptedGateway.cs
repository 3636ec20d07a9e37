using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests;

/// <summary>A gateway that soon loses its patience, over services that tests stop and start again. Each leaves it as it was.</summary>
public sealed class InterruptedGateway() : RunningGateway(new StackOptions
{
    NotStarted = StackOptions.Followers,
    Environment = new Dictionary<string, string> { ["Gateway__RetryWindow"] = "00:00:01" },
})
{
    internal new const string Name = "Interrupted gateway";

    /// <summary>Until all are back, for the next test.</summary>
    internal Task BackAsync() => Eventually.True(async () => (await GetAsync("/health/ready")).Body == "ready\n", what: "all services are back");
}

/// <summary>One interruption after the other.</summary>
[CollectionDefinition(InterruptedGateway.Name)]
public sealed class InterruptedGatewayCollection : ICollectionFixture<InterruptedGateway>;

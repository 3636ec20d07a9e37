namespace DirectorySync.AttributeMapping.Tests;

/// <summary>What others learn of profiles.</summary>
public sealed class FeedTests(MappingService service) : IClassFixture<MappingService>
{
    [Fact]
    public async Task A_consumer_registers_and_gets_a_position()
    {
        var registered = await service.Feed.RegisterConsumerAsync(new() { Consumer = "roles" });

        Assert.NotEmpty(registered.ResumeToken);
    }
}

using DirectorySync.AttributeMapping.V1;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using Grpc.Net.Client;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>kill -9 of attribute-mapping in the middle of what it does for many users.</summary>
[Collection(SingleSystem.Name)]
public sealed class KilledAttributeMappingTests(SingleSystem system)
{
    private const int Users = 5_000;
    private const string Service = "attribute-mapping";

    [Fact]
    public async Task It_goes_on_where_it_was_loses_nothing_and_repeats_nothing()
    {
        var directory = await system.CreateDirectoryAsync();
        using var channel = GrpcChannel.ForAddress(system.Stack.ServiceUrl(Service));
        // Keeps what is told from being pruned.
        await new ChangeFeedService.ChangeFeedServiceClient(channel).RegisterConsumerAsync(new() { Consumer = "test" });

        await system.TellAsync("identity", directory.Id, Users, new User { UserName = "many@example.com", DisplayName = "Many", Active = true });
        await system.KillWhileAsync(Service, $"select count(*) between 1 and {Users - 1} from profiles where directory_id = '{directory.Id}'");
        await Eventually.True(() => system.IsAsync(Service, $"select count(*) = {Users} from profiles where directory_id = '{directory.Id}'"));
        Assert.True(await system.IsAsync(Service, ToldTimes(directory.Id, 1)));

        await new MappingService.MappingServiceClient(channel).UpdateMappingAsync(new()
        {
            DirectoryId = directory.Id,
            Rules = { new MappingRule { Attribute = "first_name", Paths = { "displayName" } } },
        });
        await system.KillWhileAsync(Service, $"""
            select position is not null and finish_time is null from recomputations
            where directory_id = '{directory.Id}' and mapping_version = 1
            union all select false limit 1
            """);
        await Eventually.True(() => system.IsAsync(Service, $"""
            select finish_time is not null and (done, changed, total) = ({Users}, {Users}, {Users}) from recomputations
            where directory_id = '{directory.Id}' and mapping_version = 1
            """));
        Assert.True(await system.IsAsync(Service, ToldTimes(directory.Id, 2)));
    }

    private static string ToldTimes(string directoryId, int times) => $"""
        select count(*) = {Users} and bool_and(of = {times}) from (
          select count(*) as of from changes where directory_id = '{directoryId}' and resource_type like '%Profile' group by resource_id) told
        """;
}

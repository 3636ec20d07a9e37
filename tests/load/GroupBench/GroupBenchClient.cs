using DirectorySync.GroupMembership.V1;
using DirectorySync.Kit;
using DirectorySync.Scim.V1;
using Grpc.Net.Client;
using Npgsql;

namespace DirectorySync.Load.GroupBench;

/// <summary>A directory whose members are known to group membership, and the calls that are measured.</summary>
internal sealed class GroupBenchClient : IAsyncDisposable
{
    private const int Batch = 5_000;

    private readonly string directoryId;
    private readonly GrpcChannel channel;
    private readonly NpgsqlDataSource database;
    private readonly GroupService.GroupServiceClient client;

    private GroupBenchClient(Stack stack, string directoryId)
    {
        this.directoryId = directoryId;
        channel = GrpcChannel.ForAddress(stack.ServiceUrl("group-membership"));
        database = NpgsqlDataSource.Create(stack.AdminConnectionString("group-membership"));
        client = new(channel);
    }

    public static async Task<GroupBenchClient> StartAsync(Stack stack)
    {
        var bench = new GroupBenchClient(stack, (await stack.CreateDirectoryAsync()).Id);
        // What is written beside identity must not be taken for what identity has deleted.
        await Eventually.True(bench.IsCaughtUpAsync, TimeSpan.FromSeconds(30), "identity's feed is caught up with");
        return bench;
    }

    /// <summary>
    /// Ids that group membership knows as users, as identity's feed would have told it: seeding identity with as many users would take
    /// longer than the benchmark.
    /// </summary>
    public async Task<string[]> NewMembersAsync(int count)
    {
        var ids = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7().ToString()).ToArray();
        await using var command = database.CreateCommand(
            "insert into members (directory_id, id, type, state) select $1, id, 1, 'present' from unnest($2::text[]) as u (id)");
        command.Parameters.AddWithValue(directoryId);
        command.Parameters.AddWithValue(ids);
        await command.ExecuteNonQueryAsync();
        return ids;
    }

    public async Task<Group> CreateAsync(string displayName, string[] members)
    {
        using var call = client.CreateGroup();
        await call.RequestStream.WriteAsync(new() { DirectoryId = directoryId, Group = new() { DisplayName = displayName } });
        foreach (var batch in members.Chunk(Batch))
        {
            await call.RequestStream.WriteAsync(new() { Members = { batch.Select(id => new Member { Value = id }) } });
        }

        await call.RequestStream.CompleteAsync();
        return (await call).Group;
    }

    public async Task AddAsync(Group group, string member)
    {
        using var call = client.PatchGroup();
        await call.RequestStream.WriteAsync(new()
        {
            DirectoryId = directoryId,
            Id = group.Id,
            Operations =
            {
                new GroupPatchOperation { Members = new() { Operator = PatchOperator.Add, Members = { new Member { Value = member } } } },
            },
        });
        await call.RequestStream.CompleteAsync();
        await call;
    }

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        await database.DisposeAsync();
    }

    private async Task<bool> IsCaughtUpAsync()
    {
        await using var command = database.CreateCommand("select exists (select from feed_positions where complete)");
        return await command.ExecuteScalarAsync() is true;
    }
}

using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using Npgsql;
using static DirectorySync.GroupMembership.Tests.Services;

namespace DirectorySync.GroupMembership.Tests;

/// <summary>Who is in a group: Okta's operations, in parallel and in every size.</summary>
public sealed class MembershipTests(Services services) : IClassFixture<Services>
{
    [Fact]
    public async Task Two_hundred_parallel_patches_each_adding_a_member_add_two_hundred()
    {
        var groups = await services.NewDirectoryAsync();
        var users = await services.NewUsersAsync(groups.DirectoryId, 200);
        var group = await groups.CreateAsync("Everyone");

        await Task.WhenAll(users.Select(user => groups.AddAsync(group.Id, user)));

        Assert.Equal(users.Order(StringComparer.Ordinal), await groups.MemberIdsAsync(group.Id));
        Assert.Equal(201, (await groups.GetAsync(group.Id)).Version);
        Assert.Equal([.. users], await services.FoldFeedAsync(groups.DirectoryId, group.Id));
    }

    [Fact]
    public async Task Parallel_additions_and_removals_end_in_the_set_that_their_feed_says()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 8);
        var group = await groups.CreateAsync("Contested");
        var random = new Random(4711);
        var patches = Enumerable.Range(0, 400).Select(_ =>
        {
            var shuffled = ids.OrderBy(_ => random.Next()).ToArray();
            return (Add: shuffled[..2], Remove: shuffled[2..4]);
        }).ToList();

        await Parallel.ForEachAsync(patches, new ParallelOptions { MaxDegreeOfParallelism = 24 }, async (patch, _) =>
            await groups.PatchAsync(group.Id, Operation.Remove(patch.Remove), Operation.Add(patch.Add)));

        var fed = await services.FoldFeedAsync(groups.DirectoryId, group.Id);
        Assert.Equal([.. await groups.MemberIdsAsync(group.Id)], fed);
    }

    [Fact]
    public async Task A_patch_that_waited_for_its_opposite_leaves_what_it_says()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 2);
        var group = await groups.CreateAsync("Swapped", [Operation.Member(ids[0])]);
        var opposite = new MemberDelta();
        opposite.Add([Operation.Member(ids[1])]);
        opposite.Remove([ids[0]]);
        Task<Group>? waiting = null;

        await services.Database.InTransactionAsync(
            async tx =>
            {
                await tx.Sql(EdgeSql.Write(
                    groups.DirectoryId, group.Id, MemberStep.Of(opposite), asked: true, count: true, DateTimeOffset.UtcNow))
                    .ExecuteAsync(CancellationToken.None);
                waiting = groups.PatchAsync(group.Id, Operation.Add(ids[0]), Operation.Remove(ids[1]));
                await SomeoneWaitsAsync();
            },
            CancellationToken.None);
        var patched = await waiting!;

        Assert.Equal([ids[0]], await groups.MemberIdsAsync(group.Id));
        Assert.Equal([ids[0]], await services.FoldFeedAsync(groups.DirectoryId, group.Id));
        Assert.Equal(await groups.GetAsync(group.Id), patched);
        Assert.Equal(group.Version + 2, patched.Version);
    }

    [Fact]
    public async Task The_victim_of_a_deadlock_tries_again()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 2);
        var group = await groups.CreateAsync("Deadlocked");
        await using var admin = new NpgsqlConnection(services.AdminConnectionString);
        await admin.OpenAsync();
        Task<Group>? victim = null;

        await Database.InTransactionAsync(
            admin,
            async tx =>
            {
                // The other finds the deadlock before this one looks for it.
                await tx.Sql($"select set_config('deadlock_timeout', '60s', true)").ExecuteAsync(CancellationToken.None);
                await LockAsync(tx, ids[1]);
                victim = groups.AddAsync(group.Id, ids);
                await SomeoneWaitsAsync();
                await LockAsync(tx, ids[0]);
                return true;
            },
            CancellationToken.None);

        await victim!;
        Assert.Equal(Sorted(ids), await groups.MemberIdsAsync(group.Id));

        Task LockAsync(Transaction tx, string id) => tx.Sql($"""
            select 1 from members m where m.directory_id = {groups.DirectoryId} and m.id = {id} for update
            """).ExecuteAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Two_opposite_replacements_at_once_leave_one_of_both()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 40);
        var group = await groups.CreateAsync("Opposites");
        for (var round = 0; round < 10; round++)
        {
            var replacements = new[] { ids[..20], ids[20..] };
            await Task.WhenAll(replacements.Select(half => groups.ReplaceAsync(group, half.Select(id => Operation.Member(id)))));

            var members = await groups.MemberIdsAsync(group.Id);
            Assert.Contains(replacements, half => half.Order(StringComparer.Ordinal).SequenceEqual(members));
        }

        Assert.Equal([.. await groups.MemberIdsAsync(group.Id)], await services.FoldFeedAsync(groups.DirectoryId, group.Id));
    }

    [Fact]
    public async Task A_deletion_against_additions_leaves_no_edge_behind()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 60);
        var group = await groups.CreateAsync("Short-lived");

        var adding = ids.Select(async id =>
        {
            try
            {
                await groups.AddAsync(group.Id, id);
            }
            catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.NotFound)
            {
                // Came after the deletion.
            }
        }).ToList();
        await groups.DeleteAsync(group.Id);
        await Task.WhenAll(adding);

        Assert.Empty(await groups.GroupsOfAsync(ids));
        Assert.Equal((0, 0), await RowsOfAsync(group.Id));
    }

    [Fact]
    public async Task Operations_apply_in_order()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 5);
        var group = await groups.CreateAsync("Ordered", ids[..3].Select(id => Operation.Member(id, "name of " + id)));

        await groups.PatchAsync(group.Id, Operation.Remove(ids[0]), Operation.Add(ids[3]), Operation.Remove(ids[3]), Operation.Add(ids[0]));
        Assert.Equal(Sorted(ids[0], ids[1], ids[2]), await groups.MemberIdsAsync(group.Id));

        await groups.PatchAsync(group.Id, Operation.Replace(ids[4]), Operation.Add(ids[1]), Operation.Remove(ids[4]));
        Assert.Equal([ids[1]], await groups.MemberIdsAsync(group.Id));

        await groups.PatchAsync(group.Id, Operation.RemoveAll(), Operation.Add(ids[2]));
        Assert.Equal([ids[2]], await groups.MemberIdsAsync(group.Id));

        await groups.PatchAsync(group.Id, Operation.Replace());
        Assert.Empty(await groups.MemberIdsAsync(group.Id));
    }

    [Fact]
    public async Task Members_are_removed_by_filters()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 4);
        var nested = await groups.CreateAsync("Nested");
        var group = await groups.CreateAsync(
            "Filtered", [.. ids.Select(id => Operation.Member(id, "N" + id)), Operation.Member(nested.Id)]);

        await groups.PatchAsync(group.Id, Operation.RemoveWhere(new()
        {
            Or = new() { Operands = { Operation.Equal("value", ids[0]), Operation.Equal("value", ids[1]) } },
        }));
        Assert.Equal(Sorted(ids[2], ids[3], nested.Id), await groups.MemberIdsAsync(group.Id));

        await groups.PatchAsync(group.Id, Operation.RemoveWhere(Operation.Equal("display", "n" + ids[2])));
        Assert.Equal(Sorted(ids[3], nested.Id), await groups.MemberIdsAsync(group.Id));

        await groups.PatchAsync(group.Id, Operation.RemoveWhere(Operation.Equal("type", "Group")), Operation.Add(ids[0]));
        Assert.Equal(Sorted(ids[0], ids[3]), await groups.MemberIdsAsync(group.Id));
        Assert.Equal([.. await groups.MemberIdsAsync(group.Id)], await services.FoldFeedAsync(groups.DirectoryId, group.Id));
    }

    [Fact]
    public async Task What_is_there_already_changes_nothing_and_a_new_display_does()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 2);
        var group = await groups.CreateAsync("Quiet", [Operation.Member(ids[0], "Ada"), Operation.Member(ids[1], "Bob")]);
        var changes = await services.CountChangesAsync(groups.DirectoryId);

        Assert.Equal(group, await groups.AddAsync(group.Id, ids));
        Assert.Equal(group, await groups.RemoveAsync(group.Id, "nobody"));
        Assert.Equal(group, await groups.ReplaceAsync(group, ids.Select(id => Operation.Member(id))));
        Assert.Equal(changes, await services.CountChangesAsync(groups.DirectoryId));

        var replaced = await groups.ReplaceAsync(group, [Operation.Member(ids[0], "Ada L."), Operation.Member(ids[1])]);
        Assert.Equal(group.Version + 1, replaced.Version);
        Assert.Equal(changes + 1, await services.CountChangesAsync(groups.DirectoryId));
        Assert.Equal(["Ada L.", "Bob"], (await groups.ReadAsync(group.Id)).Members.Select(m => m.Display).Order());
    }

    [Fact]
    public async Task Operations_split_over_many_messages_are_one_patch()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 12_000);
        var group = await groups.CreateAsync("Streamed", [Operation.Member(ids[0])]);
        using var call = services.Client.PatchGroup();

        await call.RequestStream.WriteAsync(new()
        {
            DirectoryId = groups.DirectoryId,
            Id = group.Id,
            Operations = { new GroupPatchOperation { Members = Operation.Remove(ids[0]) }, Operation.Rename("Streamed whole") },
        });
        foreach (var (batch, number) in ids.Skip(1).Chunk(5_000).Select((batch, number) => (batch, number)))
        {
            var add = Operation.Add(batch);
            add.Continues = number > 0;
            await call.RequestStream.WriteAsync(new() { Operations = { new GroupPatchOperation { Members = add } } });
        }

        await call.RequestStream.WriteAsync(new() { Operations = { new GroupPatchOperation { Members = Operation.Remove(ids[1]) } } });
        await call.RequestStream.CompleteAsync();
        var patched = (await call).Group;

        Assert.Equal("Streamed whole", patched.DisplayName);
        Assert.Equal(patched, await groups.GetAsync(group.Id));
        Assert.Equal(Sorted(ids[2..]), await groups.MemberIdsAsync(group.Id));
        Assert.Equal([.. ids[2..]], await services.FoldFeedAsync(groups.DirectoryId, group.Id));
    }

    [Fact]
    public async Task Slow_callers_with_many_members_leave_connections_to_others()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 1_001);
        var group = await groups.CreateAsync("Slow");
        var slow = Enumerable.Range(0, 8).Select(_ => services.Client.PatchGroup()).ToList();
        foreach (var call in slow)
        {
            await call.RequestStream.WriteAsync(new()
            {
                DirectoryId = groups.DirectoryId,
                Id = group.Id,
                Operations = { new GroupPatchOperation { Members = Operation.Add(ids) } },
            });
        }

        await Eventually.True(
            () => services.Database.Sql($"select count(*) from pg_class c where c.relname = 'incoming_members'").SingleAsync(
                row => row.GetInt64(0) == 8, CancellationToken.None),
            TimeSpan.FromSeconds(30),
            "eight are under way");
        await FailsAsync(ErrorReason.StoreUnavailable, () => groups.AddAsync(group.Id, ids));
        await groups.AddAsync(group.Id, ids[0]);

        foreach (var call in slow)
        {
            await call.RequestStream.CompleteAsync();
            await call;
            call.Dispose();
        }

        await groups.AddAsync(group.Id, ids);
        Assert.Equal(Sorted(ids), await groups.MemberIdsAsync(group.Id));
    }

    [Fact]
    public async Task A_patch_with_one_bad_operation_applies_none()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 2);
        var group = await groups.CreateAsync("All or none", [Operation.Member(ids[0])]);

        await FailsAsync(ErrorReason.InvalidFilter, () => groups.PatchAsync(
            group.Id, Operation.Add(ids[1]), Operation.RemoveWhere(Operation.Equal("colour", "red"))));
        await FailsAsync(ErrorReason.InvalidValue, () => groups.PatchAsync(
            group.Id, [new() { Members = Operation.Add(ids[1]) }, Operation.Rename("")]));

        Assert.Equal(group, await groups.GetAsync(group.Id));
        Assert.Equal([ids[0]], await groups.MemberIdsAsync(group.Id));
    }

    private static string[] Sorted(params string[] ids) => [.. ids.Order(StringComparer.Ordinal)];

    private Task SomeoneWaitsAsync() => Eventually.True(
        () => services.Database.Sql($"""
            select exists (select from pg_stat_activity a where a.datname = current_database() and a.wait_event_type = 'Lock')
            """).SingleAsync(row => row.GetBoolean(0), CancellationToken.None),
        TimeSpan.FromSeconds(30),
        "a statement waits for a lock");

    private Task<(long Edges, long Slots)> RowsOfAsync(string groupId) => services.Database.Sql($"""
        select (select count(*) from group_members where group_id = {groupId}),
          (select count(*) from group_slots where group_id = {groupId})
        """).SingleAsync(row => (row.GetInt64(0), row.GetInt64(1)), CancellationToken.None);
}

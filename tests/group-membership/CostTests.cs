using System.Diagnostics;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Scim.V1;

namespace DirectorySync.GroupMembership.Tests;

/// <summary>What operations cost the store, counted: statements sent, and rows read and written.</summary>
public sealed class CostTests(Services services) : IClassFixture<Services>
{
    [Fact]
    public async Task Adding_one_member_costs_the_same_in_a_group_of_a_hundred_thousand_as_in_one_of_ten()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 100_010);
        var small = await groups.CreateAsync("Ten", ids[..10].Select(id => Operation.Member(id)));
        var large = await groups.CreateAsync("Hundred thousand", ids[..100_000].Select(id => Operation.Member(id)));

        var add = new MemberDelta();
        add.Add([Operation.Member(ids[100_001])]);
        var remove = new MemberDelta();
        remove.Remove([ids[5]]);
        var inSmall = await RowsAsync(false, [.. Write(groups, small, add), .. Write(groups, small, remove)]);
        var inLarge = await RowsAsync(false, [.. Write(groups, large, add), .. Write(groups, large, remove)]);

        Assert.Equal(inSmall, inLarge);
        Assert.InRange(inLarge.Read, 1, 20);
        Assert.Equal((1, 1), (inLarge.EdgesInserted, inLarge.EdgesDeleted));
        Assert.Equal(1, await StatementsAsync(() => groups.AddAsync(small.Id, ids[100_002])));
        Assert.Equal(1, await StatementsAsync(() => groups.AddAsync(large.Id, ids[100_002])));
        Assert.Equal(1, await StatementsAsync(() => groups.RemoveAsync(large.Id, ids[5])));
        Assert.Equal(100_000, (await groups.MemberIdsAsync(large.Id)).Count);
    }

    [Fact]
    public async Task A_replacement_of_a_hundred_thousand_writes_only_the_difference()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 100_000);
        var display = new string('n', 40);
        var group = await groups.CreateAsync("Replaced", ids[..99_997].Select(id => Operation.Member(id, display)));
        var changes = await services.CountChangesAsync(groups.DirectoryId);
        var wanted = ids[2..].Select(id => Operation.Member(id, display)).ToList();

        var step = MemberStep.Replace(groups.DirectoryId, group.Id, MemberStep.InMemory(wanted));
        var rows = await RowsAsync(
            true, EdgeSql.Write(groups.DirectoryId, group.Id, step, asked: true, count: true, DateTimeOffset.UtcNow));
        var statements = await StatementsAsync(() => groups.ReplaceAsync(group, wanted));

        // Two go, three come; each with its change.
        Assert.Equal((3, 0, 2), (rows.EdgesInserted, rows.EdgesUpdated, rows.EdgesDeleted));
        Assert.Equal(changes + 5, await services.CountChangesAsync(groups.DirectoryId));
        // Set operations: beside a copy and a look-up for each batch of 5,000, a handful.
        Assert.InRange(statements, 1, (2 * 100_000 / 5_000) + 10);
        Assert.Equal(ids[2..].Order(StringComparer.Ordinal), await groups.MemberIdsAsync(group.Id));
    }

    [Fact]
    public async Task Thousands_of_operations_cost_a_set_statement_for_each_run_of_them()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 22_000);
        var group = await groups.CreateAsync("Many operations", ids[..20_000].Select(id => Operation.Member(id)));
        MembersOperation[] operations =
        [
            .. ids[20_000..].Select(id => Operation.Add(id)),
            .. ids[..2_000].Select(id => Operation.RemoveWhere(Operation.Equal("value", id))),
            Operation.RemoveWhere(Operation.Equal("value", new string('x', 300))),
            Operation.RemoveWhere(Operation.Equal("value", "nobody\0")),
        ];

        var statements = await StatementsAsync(() => groups.PatchAsync(group.Id, operations));

        Assert.InRange(statements, 1, 20);
        Assert.Equal(ids[2_000..].Order(StringComparer.Ordinal), await groups.MemberIdsAsync(group.Id));
        Assert.Equal([.. ids[2_000..]], await services.FoldFeedAsync(groups.DirectoryId, group.Id));
    }

    [Fact]
    public async Task Additions_and_removals_that_alternate_a_thousand_times_are_one_change()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 600);
        var group = await groups.CreateAsync("Alternating", ids[2..300].Select(id => Operation.Member(id, "old")));
        var (random, members) = (new Random(7), ids[2..300].ToHashSet());
        var operations = new List<MembersOperation> { Operation.RemoveWhere(Operation.Equal("display", "nobody")) };
        for (var i = 0; i < 1_500; i++)
        {
            if (i == 700)
            {
                operations.Add(Operation.RemoveWhere(Operation.Equal("display", "odd")));
                members.RemoveWhere(id => id == ids[1]);
                continue;
            }

            // Member 1 is the odd one when the filter comes.
            var some = Enumerable.Range(0, 3).Select(_ => ids[random.Next(2, ids.Length)]).Distinct().ToArray();
            var adds = random.Next(2) == 0;
            operations.Add(adds ? Operation.Add(some) : Operation.Remove(some));
            members.UnionWith(adds ? some : []);
            members.ExceptWith(adds ? [] : some);
        }

        operations.Insert(1, new() { Operator = PatchOperator.Add, Members = { Operation.Member(ids[1], "even"), Operation.Member(ids[1], "odd") } });

        var statements = await StatementsAsync(() => groups.PatchAsync(group.Id, operations.ToArray()));

        Assert.InRange(statements, 1, 25);
        Assert.Equal(members.Order(StringComparer.Ordinal), await groups.MemberIdsAsync(group.Id));
        Assert.Equal([.. members], await services.FoldFeedAsync(groups.DirectoryId, group.Id));
    }

    [Fact]
    public async Task Operations_that_would_each_read_the_whole_group_are_limited()
    {
        var groups = await services.NewDirectoryAsync();
        var group = await groups.CreateAsync("Many filters");
        var operations = Enumerable.Repeat(Operation.RemoveWhere(Operation.Equal("type", "Group")), 101).ToArray();

        Assert.Equal(group, await groups.PatchAsync(group.Id, operations[..100]));
        await Services.FailsAsync(ErrorReason.LimitExceeded, () => groups.PatchAsync(group.Id, operations));
    }

    [Fact]
    public async Task Groups_without_their_members_are_read_without_reading_one_member_row()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 2_000);
        var group = await groups.CreateAsync("Large", ids.Select(id => Operation.Member(id)));
        var list = new ListGroupsRequest { DirectoryId = groups.DirectoryId, PageSize = 100 };

        var rows = await RowsAsync(false, GroupStore.Select(groups.DirectoryId, group.Id), GroupSearch.Query(list));

        Assert.Equal(0, rows.EdgesRead);
        Assert.NotEqual(0, rows.Read);
        Assert.Equal(1, await StatementsAsync(() => groups.ListAsync()));
    }

    [Fact]
    public async Task A_groups_members_are_read_once_and_no_more_of_them_than_asked_for()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 2_000);
        var group = await groups.CreateAsync("Read", ids.Select(id => Operation.Member(id)));
        await groups.RemoveAsync(group.Id, ids[0]);
        // As autovacuum does: for all that is known of an unknown table, any index is as good as another.
        await services.Database.Sql($"analyze group_members").ExecuteAsync(default);

        var all = await RowsAsync(false, MemberStore.Read(groups.DirectoryId, group.Id, most: null));
        var some = await RowsAsync(false, MemberStore.Read(groups.DirectoryId, group.Id, most: 101));

        Assert.Equal((1_999, 101), (all.EdgesRead, some.EdgesRead));
        // A version and a time, not one for every member.
        Assert.InRange(all.SlotsRead, 1, 2 * 32);
    }

    private static SqlText[] Write(Groups groups, Group group, MemberDelta delta) =>
    [
        EdgeSql.Lock(groups.DirectoryId, group.Id, delta),
        EdgeSql.Write(groups.DirectoryId, group.Id, MemberStep.Of(delta), asked: false, count: true, DateTimeOffset.UtcNow),
    ];

    /// <summary>The statements that the service sends while it works for the caller: those of the caller's trace.</summary>
    private static async Task<int> StatementsAsync(Func<Task> work)
    {
        using var trace = new Activity("counted").SetIdFormat(ActivityIdFormat.W3C);
        trace.ActivityTraceFlags = ActivityTraceFlags.Recorded;
        trace.Start();
        var statements = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                // A connection that the pool opens is no statement.
                if (activity.TraceId == trace.TraceId && activity.GetTagItem("db.query.text") is not null)
                {
                    Interlocked.Increment(ref statements);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await work();
        return statements;
    }

    /// <summary>
    /// What PostgreSQL counts while it runs the service's own statements, in a transaction that is rolled back. Slots are left out: of
    /// these a group has 1 to 32, whatever its size.
    /// </summary>
    private async Task<Rows> RowsAsync(bool comparesSets, params SqlText[] statements)
    {
        await using var connection = await services.Database.Source.OpenConnectionAsync();
        Rows? counted = null;
        await Assert.ThrowsAsync<RolledBackException>(() => Database.InTransactionAsync<int>(
            connection,
            async tx =>
            {
                if (comparesSets)
                {
                    await MemberStore.PreferSetsAsync(tx, CancellationToken.None);
                }

                // What the session's transactions before this one counted may still be among it.
                var before = await CountAsync(tx);
                foreach (var statement in statements)
                {
                    await tx.Sql(statement).ListAsync(_ => 0, CancellationToken.None);
                }

                counted = (await CountAsync(tx)).Since(before);
                throw new RolledBackException();
            },
            CancellationToken.None));
        return counted!;
    }

    private static Task<Rows> CountAsync(Transaction tx) => tx.Sql($"""
        select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint,
          sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) filter (where relname = 'group_members')::bigint,
          sum(n_tup_ins) filter (where relname = 'group_members')::bigint,
          sum(n_tup_upd) filter (where relname = 'group_members')::bigint,
          sum(n_tup_del) filter (where relname = 'group_members')::bigint,
          (select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables where relname = 'group_slots')::bigint
        from pg_stat_xact_user_tables
        where relname in ('groups', 'group_members', 'members', 'group_counts')
        """).SingleAsync(
        row => new Rows(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt64(5)),
        CancellationToken.None);

    private sealed record Rows(long Read, long EdgesRead, long EdgesInserted, long EdgesUpdated, long EdgesDeleted, long SlotsRead)
    {
        public Rows Since(Rows before) => new(
            Read - before.Read,
            EdgesRead - before.EdgesRead,
            EdgesInserted - before.EdgesInserted,
            EdgesUpdated - before.EdgesUpdated,
            EdgesDeleted - before.EdgesDeleted,
            SlotsRead - before.SlotsRead);
    }

    private sealed class RolledBackException : Exception;
}

using Npgsql;

namespace DirectorySync.Chassis.Tests.Sql;

/// <summary>Short reads that are asked at the same time.</summary>
public sealed class SharedRoundTripsTests : IAsyncLifetime
{
    private ThingDatabase store = null!;

    public async Task InitializeAsync() => store = await ThingDatabase.CreateAsync();

    public async Task DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task Each_gets_its_own_rows()
    {
        var reads = Enumerable.Range(0, 200).Select(n =>
            store.Database.LookUpAsync($"select {n} + i from generate_series(1, {n % 3}) i", row => row.GetInt32(0), default)).ToList();

        for (var n = 0; n < reads.Count; n++)
        {
            Assert.Equal(Enumerable.Range(n + 1, n % 3), await reads[n]);
        }
    }

    [Fact]
    public async Task What_is_asked_at_the_same_time_shares_round_trips()
    {
        // One transaction has one time of its start.
        var reads = Enumerable.Range(0, 100).Select(_ =>
            store.Database.LookUpAsync($"select now()", row => row.GetDateTime(0), default)).ToArray();

        Assert.InRange((await Task.WhenAll(reads)).SelectMany(rows => rows).Distinct().Count(), 1, 50);
    }

    [Fact]
    public async Task Nobody_waits_for_one_that_is_stuck()
    {
        var stuck = store.Database.LookUpAsync($"select pg_sleep(20)::text", row => row.GetString(0), default);
        foreach (var n in Enumerable.Range(0, 10))
        {
            Assert.Equal([n], await store.Database.LookUpAsync($"select {n}", row => row.GetInt32(0), default));
        }

        Assert.False(stuck.IsCompleted);
        await store.ExecuteAsync($"select pg_cancel_backend(pid) from pg_stat_activity where query like 'select pg_sleep(20)%'");
        await Assert.ThrowsAsync<PostgresException>(() => stuck);
    }

    [Fact]
    public async Task Who_fails_fails_alone()
    {
        var reads = Enumerable.Range(0, 60).Select(n =>
            store.Database.LookUpAsync($"select 10 / {n % 6}", row => row.GetInt32(0) == 10 ? throw new FormatException() : row.GetInt32(0), default)).ToList();

        for (var n = 0; n < reads.Count; n++)
        {
            switch (n % 6)
            {
                case 0:
                    Assert.Equal(PostgresErrorCodes.DivisionByZero, (await Assert.ThrowsAsync<PostgresException>(() => reads[n])).SqlState);
                    break;
                case 1:
                    await Assert.ThrowsAsync<FormatException>(() => reads[n]);
                    break;
                default:
                    Assert.Equal([10 / (n % 6)], await reads[n]);
                    break;
            }
        }
    }

    [Fact]
    public async Task Who_leaves_leaves_the_others_alone()
    {
        using var leave = new CancellationTokenSource();
        var left = store.Database.LookUpAsync($"select pg_sleep(0.2)::text", row => row.GetString(0), leave.Token);
        var stays = store.Database.LookUpAsync($"select 'here'", row => row.GetString(0), default);
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
        Assert.Equal(["here"], await stays);
    }

    [Fact]
    public async Task A_lost_connection_is_told_to_all_and_the_next_works()
    {
        var lost = Enumerable.Range(0, 6).Select(_ => store.Database.LookUpAsync(
            $"select pg_terminate_backend(pg_backend_pid())::text", row => row.GetString(0), default)).ToList();

        foreach (var read in lost)
        {
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => read);
        }

        Assert.Equal([1], await store.Database.LookUpAsync($"select 1", row => row.GetInt32(0), default));
    }
}

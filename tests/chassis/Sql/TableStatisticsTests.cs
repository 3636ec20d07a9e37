using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.Logging.Abstractions;

namespace DirectorySync.Chassis.Tests.Sql;

public sealed class TableStatisticsTests : IAsyncLifetime
{
    private ThingDatabase things = null!;

    public async Task InitializeAsync() => things = await ThingDatabase.CreateAsync();

    public async Task DisposeAsync() => await things.DisposeAsync();

    [Fact]
    public async Task A_table_that_has_grown_is_analyzed_and_one_that_has_hardly_changed_is_not()
    {
        await things.ExecuteAsync($"create table \"Grown\" (n int)");
        await things.ExecuteAsync($"create table same (n int)");
        await things.ExecuteAsync($"insert into \"Grown\" select generate_series(1, 5000)");
        await things.ExecuteAsync($"insert into same select generate_series(1, 900)");
        var statistics = new TableStatistics(things.Database, TimeProvider.System, NullLogger<TableStatistics>.Instance);

        // What PostgreSQL counts is told a moment later.
        await Eventually.True(async () =>
        {
            await statistics.AnalyzeAsync(CancellationToken.None);
            return await RowsAsync("Grown") == 5000;
        });
        Assert.NotEqual(900, await RowsAsync("same"));

        await things.ExecuteAsync($"insert into \"Grown\" select generate_series(1, 9000)");
        await Eventually.True(() => things.Database.Sql($"select n_mod_since_analyze = 9000 from pg_stat_user_tables where relname = 'Grown'")
            .SingleAsync(row => row.GetBoolean(0), CancellationToken.None));
        await statistics.AnalyzeAsync(CancellationToken.None);
        Assert.Equal(5000, await RowsAsync("Grown"));
    }

    private Task<float> RowsAsync(string table) => things.Database
        .Sql($"select reltuples from pg_class where relname = {table}").SingleAsync(row => row.GetFloat(0), CancellationToken.None);
}

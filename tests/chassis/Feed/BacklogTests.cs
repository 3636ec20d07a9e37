using System.Diagnostics;
using System.Globalization;
using DirectorySync.Chassis.Feed;
using Xunit.Abstractions;

namespace DirectorySync.Chassis.Tests.Feed;

/// <summary>A million changes: reading at the end of them costs nothing, and no page sorts what is still to come.</summary>
public sealed class BacklogTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Count = 1_000_000;
    private const int Batches = 100;

    private ThingDatabase things = null!;
    private TestHost host = null!;

    public async Task InitializeAsync()
    {
        things = await ThingDatabase.CreateAsync();
        host = await TestHost.StartFeedAsync(things.ConnectionString, options => options.Prune = TimeSpan.FromHours(1));
    }

    public async Task DisposeAsync()
    {
        await host.DisposeAsync();
        await things.DisposeAsync();
    }

    [Fact]
    public async Task Pages_of_a_million_changes_cost_what_their_rows_cost_and_being_up_to_date_costs_nothing()
    {
        var registered = await host.Feed.RegisterConsumerAsync(new() { Consumer = "one" });
        var start = FeedStreamTests.Decode(registered.ResumeToken);
        var store = host.Get<FeedStore>();

        // What PostgreSQL knows of the table: nothing; how it was when it was a tenth of it; all.
        foreach (var (analyzed, batches) in new[] { ("never", Batches / 10), ("when it was small", Batches - (Batches / 10)), ("now", 0) })
        {
            if (analyzed != "never")
            {
                await things.ExecuteAsync($"analyze changes");
            }

            for (var batch = 0; batch < batches; batch++)
            {
                await things.ExecuteAsync($"""
                    insert into changes (directory_id, resource_type, resource_id, version, resource)
                    select 'd', 'google.protobuf.StringValue', n::text, {batch}, '' from generate_series(1, {Count / Batches}) n
                    """);
            }

            var apart = (analyzed == "never" ? Count / 10 : Count) / 30L;
            var first = await store.ReadAsync(start, default);
            Assert.Equal(1, first.Changes[0].Id);
            var token = first.Next;
            Assert.NotNull(token.Upper);

            // The bare rows are the measure.
            var bare = await MedianAsync(async i =>
            {
                await things.ListAsync(
                    $"select * from changes where id > {i * apart} order by id limit 501", row => row.GetInt64(0));
            });
            var page = await MedianAsync(async i =>
            {
                var read = await store.ReadAsync(token with { LastId = i * apart }, default);
                Assert.Equal((i * apart) + 1, read.Changes[0].Id);
                Assert.Equal(500, read.Changes.Count);
            });
            // Reading the whole table takes hundreds of milliseconds; a busy machine is slow at everything.
            var most = (bare * 6) + 25;
            Assert.True(page < most, Text($"A page takes {page:f2} ms, its bare rows {bare:f2} ms (analyzed: {analyzed})."));

            // Behind the backlog.
            var end = new ResumeToken(token.Epoch, token.Upper);
            var idle = await MedianAsync(async _ => Assert.Empty((await store.ReadAsync(end, default)).Changes));
            Assert.True(idle < most, Text($"Being up to date takes {idle:f2} ms a read (analyzed: {analyzed})."));
            var probe = await MedianAsync(async _ => Assert.False((await store.ProbeAsync(end.Seen, default)).Any));
            output.WriteLine(Text($"Bare rows {bare:f2} ms, page {page:f2} ms, no changes {idle:f2} ms, poll {probe:f2} ms"));
            Assert.True(probe < most, Text($"A poll takes {probe:f2} ms (analyzed: {analyzed})."));
        }
    }

    private static async Task<double> MedianAsync(Func<int, Task> read)
    {
        var times = new List<double>();
        for (var i = 0; i < 25; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await read(i);
            times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return times.Order().ElementAt(times.Count / 2);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

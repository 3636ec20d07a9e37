using DirectorySync.Errors.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Events.Tests;

public sealed class LogTests(EventsHost host) : IClassFixture<EventsHost>
{
    [Fact]
    public async Task The_log_is_read_in_pages_both_ways_and_by_type_organization_and_time()
    {
        var (one, other) = (await host.NewDirectoryAsync(), await host.NewDirectoryAsync());
        foreach (var user in (string[])["a", "b", "c"])
        {
            await one.UserAsync($"log-{user}", 1);
            await other.UserAsync($"log-{user}", 1);
            await one.SettledAsync();
            await other.SettledAsync();
        }

        var all = await ListAsync(new() { Filter = new() { OrganizationId = one.OrganizationId }, Limit = 2 });
        Assert.Equal(["activated", "user.created log-a", "user.created log-b", "user.created log-c"], all.Select(TestDirectory.Short));
        var whole = await ListAsync(new() { Limit = 100 });
        Assert.Equal(all.Select(told => told.Id), whole.Where(told => told.OrganizationId == one.OrganizationId).Select(told => told.Id));
        Assert.Equal(
            whole.Where(told => told.Type == "dsync.user.created").Select(told => told.Id),
            (await ListAsync(new() { Filter = new() { Types_ = { "dsync.user.created", "dsync.deleted" } }, Limit = 2 })).Select(told => told.Id));
        Assert.Equal(
            whole.Select(told => told.Id).Reverse(), (await ListAsync(new() { Descending = true, Limit = 3 })).Select(told => told.Id));

        var middle = await host.Events.ListEventsAsync(new() { Before = whole[4].Id, Limit = 2 });
        Assert.Equal([whole[2].Id, whole[3].Id], middle.Events.Select(told => told.Id));
        Assert.Equal((whole[2].Id, whole[3].Id), (middle.Before, middle.After));
        var since = all[2].CreateTime;
        Assert.Equal(
            all.Where(told => told.CreateTime.CompareTo(since) >= 0).Select(told => told.Id),
            (await ListAsync(new() { Filter = new() { OrganizationId = one.OrganizationId }, StartTime = since })).Select(told => told.Id));
        Assert.Equal(
            all.Where(told => told.CreateTime.CompareTo(since) < 0).Select(told => told.Id),
            (await ListAsync(new() { Filter = new() { OrganizationId = one.OrganizationId }, EndTime = since })).Select(told => told.Id));
        Assert.Empty((await host.Events.ListEventsAsync(new() { StartTime = Timestamp.FromDateTime(DateTime.UtcNow.AddDays(1)) })).Events);
    }

    [Fact]
    public async Task A_cursor_that_is_no_event_is_refused()
    {
        foreach (var cursor in (string[])["nonsense", Guid.CreateVersion7().ToString(), Guid.NewGuid().ToString(), "ffffffff-ffff-7fff-8fff-ffffffffffff"])
        {
            await EventsHost.FailsAsync(ErrorReason.InvalidPageToken, async () => await host.Events.ListEventsAsync(new() { After = cursor }));
        }

        await EventsHost.FailsAsync(ErrorReason.InvalidValue, async () => await host.Events.ListEventsAsync(new() { Limit = 101 }));
        await EventsHost.FailsAsync(
            ErrorReason.InvalidValue, async () => await host.Events.ListEventsAsync(new() { Filter = new() { Types_ = { "dsync.user.create" } } }));
    }

    [Fact]
    public async Task Watchers_miss_nothing_while_two_replicas_tell_of_many_directories()
    {
        await using var replica = host.StartReplica();
        var directories = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.NewDirectoryAsync()));
        var ids = directories.Select(directory => directory.Id).ToHashSet();
        using var watch = new EventService.EventServiceClient(replica.Channel).WatchEvents(new() { Filter = new() { Types_ = { "dsync.user.created", "dsync.user.updated" } } });
        var seen = new List<Event>();
        var watching = Task.Run(async () =>
        {
            while (seen.Count(told => ids.Contains(told.DirectoryId)) < 8 * 20 && await watch.ResponseStream.MoveNext(CancellationToken.None))
            {
                seen.AddRange(watch.ResponseStream.Current.Events);
            }
        });

        await Task.WhenAll(directories.Select(async directory =>
        {
            for (var version = 1; version <= 20; version++)
            {
                var name = $"Name {version}";
                await directory.UserAsync("watched", version, p => p.LastName = name);
                await directory.SettledAsync();
            }
        }));
        await watching.WaitAsync(TimeSpan.FromSeconds(30));

        foreach (var directory in directories)
        {
            var told = await directory.EventsAsync();
            Assert.Equal(21, told.Count);
            Assert.Equal(told.Skip(1).Select(e => e.Id), seen.Where(e => e.DirectoryId == directory.Id).Select(e => e.Id));
        }

        // What was seen at first is what is listed afterwards, in the same order.
        var listed = (await ListAsync(new() { Limit = 100 })).Where(told => told.Type.StartsWith("dsync.user", StringComparison.Ordinal));
        Assert.Equal(listed.Where(told => ids.Contains(told.DirectoryId)).Select(told => told.Id), seen.Where(e => ids.Contains(e.DirectoryId)).Select(e => e.Id));
    }

    [Fact]
    public async Task Old_events_are_dropped_with_their_partition_and_cursors_into_it_are_refused()
    {
        var directory = await host.NewDirectoryAsync();
        var first = (await directory.EventsAsync())[0];
        var old = DateTimeOffset.UtcNow.AddDays(-200);
        var id = Guid.CreateVersion7(old).ToString();
        var time = DateTimeOffset.FromUnixTimeMilliseconds(old.ToUnixTimeMilliseconds());
        await host.Database.Sql($"select ensure_event_partitions({time}, {time})").FindAsync(_ => true, CancellationToken.None);
        await host.Database.Sql($"""
            insert into events (directory_id, sequence, create_time, position, id, type, organization_id, data)
            values ({directory.Id}, 0, {time}, 0, {id}, 'dsync.user.created', {directory.OrganizationId}, '')
            """).ExecuteAsync(CancellationToken.None);
        Assert.Equal(first.Id, (await host.Events.ListEventsAsync(new() { After = id, Filter = new() { DirectoryId = directory.Id } })).Events[0].Id);

        await host.Database.Sql($"select drop_event_partitions({DateTimeOffset.UtcNow.AddDays(-90)})").FindAsync(_ => true, CancellationToken.None);

        await EventsHost.FailsAsync(ErrorReason.InvalidPageToken, async () => await host.Events.ListEventsAsync(new() { After = id }));
        Assert.Equal(first.Id, (await directory.EventsAsync())[0].Id);
    }

    private async Task<List<Event>> ListAsync(ListEventsRequest page)
    {
        var events = new List<Event>();
        do
        {
            var answer = await host.Events.ListEventsAsync(page);
            events.AddRange(answer.Events);
            page.After = answer.After;
        }
        while (page.After.Length > 0);

        return events;
    }
}

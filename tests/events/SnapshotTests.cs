using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.Events.Tests;

public sealed class SnapshotTests(EventsHost host) : IClassFixture<EventsHost>
{
    [Fact]
    public async Task A_snapshot_and_the_events_behind_its_cursor_are_all_there_is_while_changes_go_on()
    {
        var directory = await host.NewDirectoryAsync();
        await directory.GroupsAsync(directory.Group("all", "All"));
        var writing = Task.Run(async () =>
        {
            for (var number = 0; number < 60; number++)
            {
                await directory.UserAsync($"user-{number:00}", 1);
                await directory.GroupsAsync(directory.Member("all", $"user-{number:00}"));
            }
        });
        var snapshots = new List<Snapshot>();
        do
        {
            snapshots.Add(await ExportAsync(new() { DirectoryId = directory.Id }));
        }
        while (!writing.IsCompleted);

        await writing;
        var events = await directory.EventsAsync();
        foreach (var snapshot in snapshots)
        {
            var before = events.TakeWhile(told => told.Sequence <= snapshot.Start.Sequence).ToList();
            Assert.Equal(before.Count(told => told.Type == "dsync.user.created"), snapshot.Users.Count);
            Assert.Equal(before.Count(told => told.Type == "dsync.group.user_added"), snapshot.Users.Sum(user => user.GroupIds.Count));
            Assert.Equal(before.Count(told => told.Type == "dsync.group.created"), snapshot.Groups.Count);
            Assert.Equal((snapshot.Users.Count, snapshot.Groups.Count), ((int)snapshot.End!.UserCount, (int)snapshot.End.GroupCount));
            var after = await host.Events.ListEventsAsync(
                new() { After = snapshot.Start.LastEventId, Filter = new() { DirectoryId = directory.Id }, Limit = 100 });
            Assert.Equal(events.Skip(before.Count).Take(100).Select(told => told.Id), after.Events.Select(told => told.Id));
        }
    }

    [Fact]
    public async Task In_preview_the_pending_view_shows_what_activation_would_tell_and_names_its_attributes()
    {
        var directory = await host.NewDirectoryAsync(DirectoryState.Preview);
        await directory.UserAsync("ada", 1, profile =>
        {
            profile.Attributes.Add(new AttributeMapping.V1.ProfileAttribute { Name = "job_title", Json = "\"Engineer\"" });
            profile.Tags.Add(new AttributeMapping.V1.Tag { Name = "Shirt Size", Json = "\"L\"" });
        });
        await directory.UserAsync("bob", 1);
        await directory.GroupsAsync(directory.Group("all", "All"), directory.Member("all", "ada"));

        Assert.Empty((await ExportAsync(new() { DirectoryId = directory.Id })).Users);
        var pending = await ExportAsync(new() { DirectoryId = directory.Id, Pending = true, NameAttributes = true });
        Assert.Equal(["ada all", "bob "], pending.Users.Select(user => $"{user.User.Id} {string.Join(',', user.GroupIds)}"));
        Assert.Equal(("job_title", "Shirt Size"), (Assert.Single(pending.Start.AttributeNames), Assert.Single(pending.Start.TagNames)));
        Assert.Equal((0, directory.OrganizationId, directory.OrganizationId),
            (pending.Start.Sequence, pending.Start.OrganizationId, pending.Users[0].User.OrganizationId));
        await EventsHost.FailsAsync(ErrorReason.ResourceNotFound, () => ExportAsync(new() { DirectoryId = "none" }));
    }

    private async Task<Snapshot> ExportAsync(ExportDirectoryRequest request)
    {
        using var call = host.Reads.ExportDirectory(request);
        var snapshot = new Snapshot();
        await foreach (var part in call.ResponseStream.ReadAllAsync())
        {
            snapshot.Start = part.Start ?? snapshot.Start;
            snapshot.Groups.AddRange(part.Groups?.Groups ?? []);
            snapshot.Users.AddRange(part.Users?.Users ?? []);
            Assert.Null(snapshot.End);
            snapshot.End = part.End;
        }

        return snapshot;
    }

    private sealed class Snapshot
    {
        public ExportStart Start { get; set; } = new();

        public List<DirectoryGroup> Groups { get; } = [];

        public List<ExportedUser> Users { get; } = [];

        public ExportEnd? End { get; set; }
    }
}

using DirectorySync.GroupMembership.V1;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Requests that arrive at once, at two gateways over two replicas of each service.</summary>
[Collection(SharedSystem.Name)]
public sealed class ParallelWriteTests(SharedSystem system)
{
    [Fact]
    public async Task Of_fifty_parallel_creations_of_one_user_name_one_succeeds_whatever_the_case()
    {
        var directory = await system.CreateDirectoryAsync();
        const string name = "one.of.fifty@example.com";

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(n =>
            directory.Scim(n % 2).PostAsync("/Users", ScimBodies.User(WithCase(name, n)))));

        var created = Assert.Single(answers, answer => answer.Status == 201);
        Assert.All(answers.Where(answer => answer != created), answer => answer.ExpectError(409, "uniqueness"));
        var found = (await directory.Scim().FilterAsync("Users", $"userName eq \"{name}\"")).Expect(200);
        Assert.Equal([created.Id], found.Ids);
        Assert.Equal(1, (await directory.Scim(1).GetAsync("/Users")).Expect(200).TotalResults);
    }

    [Fact]
    public async Task Two_hundred_parallel_additions_of_a_member_make_two_hundred_members()
    {
        var directory = await system.CreateDirectoryAsync();
        var users = await CreateUsersAsync(directory, 200);
        var group = await directory.Scim().CreateGroupAsync("Two hundred");

        var answers = await Task.WhenAll(users.Select((user, n) =>
            directory.Scim(n % 2).PatchAsync("/Groups/" + group, ScimBodies.Add(user))));

        Assert.All(answers, answer => answer.Expect(200, 204));
        foreach (var gateway in new[] { 0, 1 })
        {
            Assert.Equal(users.Order(), (await directory.Scim(gateway).GetAsync("/Groups/" + group)).Expect(200).Members.Order());
        }

        // Forty a process, two processes, and what they keep open for the feed.
        var sessions = await ChangeAudit.ReadAsync(system.Stack.AdminConnectionString("group-membership"),
            "select count(*) from pg_stat_activity where usename = 'directorysync_group_membership'", row => row.GetInt64(0));
        Assert.InRange(sessions.Single(), 1, 90);
    }

    [Fact]
    public async Task Parallel_additions_and_removals_end_in_the_set_that_the_feed_tells()
    {
        var directory = await system.CreateDirectoryAsync();
        var users = await CreateUsersAsync(directory, 24);
        var group = await directory.Scim().CreateGroupAsync("Come and go");
        await using var feed = await FeedReader.StartAsync(system, "group-membership", gateway: 1);

        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(async writer =>
        {
            var random = new Random(writer);
            var statuses = new List<GatewayAnswer>();
            for (var n = 0; n < 25; n++)
            {
                var operations = Enumerable.Range(0, random.Next(1, 4)).Select(_ => users[random.Next(users.Count)]).Distinct()
                    .Select(user => random.Next(2) == 0 ? ScimBodies.Add(user) : ScimBodies.Remove(user));
                statuses.Add(await directory.Scim(writer % 2).PatchAsync("/Groups/" + group, [.. operations]));
            }

            return statuses;
        }));
        Assert.All(answers.SelectMany(statuses => statuses), answer => answer.Expect(200));

        // Every change of before is told before a change that was made after all of them.
        var last = await directory.Scim().CreateGroupAsync("The last");
        await feed.ReadUntilAsync(change => change.ResourceId == last);
        var told = feed.Changes
            .Where(change => change.DirectoryId == directory.Id && change.Resource.Is(Membership.Descriptor))
            .Select(change => (Change: change, Membership: change.Resource.Unpack<Membership>()))
            .Where(pair => pair.Membership.GroupId == group)
            .GroupBy(pair => pair.Membership.Member.Value)
            .ToList();
        Assert.All(told, changes => Assert.Equal(
            changes.Select(pair => pair.Change.Version).Distinct().Order(), changes.Select(pair => pair.Change.Version)));
        var members = told.Where(changes => !changes.Last().Change.Deleted).Select(changes => changes.Key);
        Assert.Equal(members.Order(), (await directory.Scim(1).GetAsync("/Groups/" + group)).Expect(200).Members.Order());
    }

    private static async Task<List<string>> CreateUsersAsync(TestDirectory directory, int count)
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, count).Select(n => directory.Scim(n % 2).CreateUserAsync($"member{n}@example.com")));
        return [.. ids];
    }

    private static string WithCase(string name, int seed) =>
        string.Concat(name.Select((letter, n) => ((seed >> (n % 6)) & 1) == 1 ? char.ToUpperInvariant(letter) : letter));
}

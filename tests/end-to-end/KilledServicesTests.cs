using DirectorySync.Kit;
using Xunit.Abstractions;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>kill -9 between request and answer, over and over, under load.</summary>
public sealed class KilledServicesTests(KilledServicesTests.SingleSystem system, ITestOutputHelper output)
    : IClassFixture<KilledServicesTests.SingleSystem>
{
    private const int Writers = 8;

    [Fact]
    public async Task What_was_answered_is_there_nothing_is_half_done_and_every_change_is_told_once_and_in_order()
    {
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var shared = await scim.CreateGroupAsync("Shared");
        await using var audit = await ChangeAudit.StartAsync(system.Stack);
        using var end = new CancellationTokenSource();
        var writers = Enumerable.Range(0, Writers).Select(n => new HardWriter(scim, n, shared)).ToList();
        var work = writers.Select(writer => writer.RunAsync(end.Token)).ToArray();
        try
        {
            string[][] kills = [["identity"], ["group-membership"], ["identity"], ["group-membership"], ["identity", "group-membership"], ["identity"]];
            foreach (var kill in kills)
            {
                var before = writers.Sum(writer => writer.Answered);
                await Eventually.True(() => writers.Sum(writer => writer.Answered) > before + 80, TimeSpan.FromSeconds(30), "the work goes on");
                await Task.WhenAll(kill.Select(service => system.Stack.KillAsync(service)));
                await Task.WhenAll(kill.Select(service => system.Stack.StartAgainAsync(service)));
            }

            var last = writers.Sum(writer => writer.Answered);
            await Eventually.True(() => writers.Sum(writer => writer.Answered) > last + 80, TimeSpan.FromSeconds(30), "the work goes on");
        }
        finally
        {
            await end.CancelAsync();
            await Task.WhenAll(work);
        }

        Assert.Empty(writers.SelectMany(writer => writer.Surprises));
        var users = writers.SelectMany(writer => writer.Users).ToList();
        await Parallel.ForEachAsync(users, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (user, _) => await AssertWholeAsync(scim, user));
        await AssertConsumedAsync(directory.Id, users);
        await AssertGroupsAsync(scim, shared, writers, users);
        var changes = await audit.AssertExactlyOnceInOrderAsync();
        output.WriteLine($"{writers.Sum(writer => writer.Answered)} answers, {users.Count} users, {changes} changes");
    }

    private static async Task AssertWholeAsync(DirectoryClient scim, WrittenUser user)
    {
        var found = (await scim.FilterAsync("Users", $"userName eq \"{user.UserName}\"")).Expect(200);
        if (user.Deleted == Knowledge.Yes)
        {
            Assert.Equal(0, found.TotalResults);
            (await scim.GetAsync("/Users/" + user.Id)).ExpectError(404);
            return;
        }

        if (found.TotalResults == 0)
        {
            Assert.True(user.Id is null || user.Deleted == Knowledge.Perhaps, $"{user.UserName} is lost.");
            return;
        }

        var id = Assert.Single(found.Ids);
        Assert.Equal(user.Id ?? id, id);
        var read = (await scim.GetAsync("/Users/" + id)).Expect(200);
        var title = int.Parse((string)read.Body["title"]!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.Contains(title, user.PossibleTitles);
        Assert.Equal(user.Email(title), (string?)read.Body["emails"]![0]!["value"]);
        for (var other = 0; other <= 2; other++)
        {
            var holders = (await scim.FilterAsync("Users", $"emails.value eq \"{user.Email(other)}\"")).Expect(200).Ids;
            Assert.Equal(other == title ? [id] : [], holders);
        }
    }

    private static async Task AssertGroupsAsync(DirectoryClient scim, string shared, List<HardWriter> writers, List<WrittenUser> users)
    {
        var members = (await scim.GetAsync("/Groups/" + shared)).Expect(200).Members.ToHashSet();
        Assert.All(users.Where(user => user is { InSharedGroup: Knowledge.Yes, Deleted: Knowledge.No }), user => Assert.Contains(user.Id!, members));
        var allowed = users.Where(user => user.InSharedGroup != Knowledge.No && user.Deleted != Knowledge.Yes).Select(user => user.Id!).ToHashSet();
        Assert.Empty(members.Except(allowed));
        foreach (var (group, possible) in writers.SelectMany(writer => writer.OwnGroups))
        {
            Assert.Contains(Assert.Single((await scim.GetAsync("/Groups/" + group)).Expect(200).Members), possible);
        }
    }

    /// <summary>group-membership, killed as often, has applied identity's feed as well.</summary>
    private async Task AssertConsumedAsync(string directoryId, List<WrittenUser> users)
    {
        var expected = (await ChangeAudit.ReadAsync(system.Stack.AdminConnectionString("identity"),
            $"select id from users where directory_id = '{directoryId}'", row => row.GetString(0))).ToHashSet();
        await Eventually.True(async () =>
        {
            var states = (await ChangeAudit.ReadAsync(system.Stack.AdminConnectionString("group-membership"),
                $"select id, state from members where directory_id = '{directoryId}'",
                row => (Id: row.GetString(0), State: row.GetString(1)))).ToDictionary(row => row.Id, row => row.State);
            return expected.All(id => states.GetValueOrDefault(id) == "present")
                && users.All(user => user.Deleted != Knowledge.Yes || states.GetValueOrDefault(user.Id!) == "deleted");
        }, TimeSpan.FromSeconds(30), "group-membership knows who exists and who does not");
    }

    /// <summary>One process of each, so that a kill is felt.</summary>
    public sealed class SingleSystem() : TestSystem(new() { NotStarted = StackOptions.Followers });
}

namespace DirectorySync.GroupMembership.Tests;

/// <summary>Memberships that were named before a user's deactivation, and not since.</summary>
public sealed class CarriedOverTests(Services services) : IClassFixture<Services>
{
    private const string UserName = "ada@acme.com";

    [Fact]
    public async Task What_was_named_before_the_deactivation_is_carried_over_until_it_is_named_again()
    {
        var groups = await services.NewDirectoryAsync();
        var user = await services.NewUserAsync(groups.DirectoryId, UserName);
        var all = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => groups.CreateAsync($"Group {i}", [Operation.Member(user)])));
        Assert.Equal((false, 0), await ToldAsync(groups, all[0], user));

        await services.SetActiveAsync(groups.DirectoryId, user, UserName, active: false);
        Assert.All(await Task.WhenAll(all.Select(group => ToldAsync(groups, group, user))), told => Assert.Equal((true, 2), told));
        Assert.All(all, group => Assert.Equal([user], groups.MemberIdsAsync(group.Id).Result));
        var late = await groups.CreateAsync("Late", [Operation.Member(user)]);
        Assert.Equal((false, 2), await ToldAsync(groups, late, user));
        Assert.Empty((await services.Client.ListGroupProblemsAsync(new() { DirectoryId = groups.DirectoryId })).Problems);

        await services.SetActiveAsync(groups.DirectoryId, user, UserName, active: true);
        var problem = Assert.Single((await services.Client.ListGroupProblemsAsync(new() { DirectoryId = groups.DirectoryId })).Problems);
        Assert.Equal(("MEMBERSHIPS_CARRIED_OVER", user), (problem.Code, problem.ResourceId));
        Assert.Contains("4 memberships are", problem.Detail, StringComparison.Ordinal);
        Assert.Equal((true, 2), await ToldAsync(groups, all[0], user));

        // Okta's ways to name a member: PATCH add, Push Now, PUT.
        await groups.AddAsync(all[0].Id, user);
        await groups.PatchAsync(all[1].Id, Operation.Replace(user));
        await groups.ReplaceAsync(all[2], [Operation.Member(user)]);
        Assert.All(await Task.WhenAll(all[..3].Select(group => ToldAsync(groups, group, user))), told => Assert.Equal((false, 2), told));
        Assert.Equal((true, 2), await ToldAsync(groups, all[3], user));

        // Named once more nothing changes.
        var changes = await services.CountChangesAsync(groups.DirectoryId);
        await groups.AddAsync(all[0].Id, user);
        await groups.ReplaceAsync(all[2], [Operation.Member(user)]);
        Assert.Equal(changes, await services.CountChangesAsync(groups.DirectoryId));

        var confirm = new ConfirmMembershipsRequest { DirectoryId = groups.DirectoryId, UserId = user };
        Assert.Equal(1, (await services.Client.ConfirmMembershipsAsync(confirm)).Confirmed);
        Assert.Equal(0, (await services.Client.ConfirmMembershipsAsync(confirm)).Confirmed);
        Assert.Equal((false, 2), await ToldAsync(groups, all[3], user));
        Assert.Empty((await services.Client.ListGroupProblemsAsync(new() { DirectoryId = groups.DirectoryId })).Problems);
    }

    [Fact]
    public async Task A_second_deactivation_carries_over_anew_and_a_consumer_that_starts_from_nothing_is_told()
    {
        var groups = await services.NewDirectoryAsync();
        var user = await services.NewUserAsync(groups.DirectoryId, UserName);
        var group = await groups.CreateAsync("Group", [Operation.Member(user)]);
        foreach (var active in (bool[])[false, true])
        {
            await services.SetActiveAsync(groups.DirectoryId, user, UserName, active);
        }

        await groups.AddAsync(group.Id, user);
        await services.SetActiveAsync(groups.DirectoryId, user, UserName, active: false);

        Assert.Equal((true, 4), await ToldAsync(groups, group, user));
        var listed = new List<Membership>();
        using var call = services.Feed.ListResources(new() { DirectoryId = groups.DirectoryId });
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
        {
            listed.AddRange(call.ResponseStream.Current.Resources
                .Where(change => change.Resource.Is(Membership.Descriptor)).Select(change => change.Resource.Unpack<Membership>()));
        }

        Assert.Equal((true, 4), (Assert.Single(listed).CarriedOver, listed[0].MemberVersion));
    }

    /// <summary>What the feed has told of a membership last.</summary>
    private async Task<(bool CarriedOver, long MemberVersion)> ToldAsync(Groups groups, Group group, string user)
    {
        var told = await services.Database.Sql($"""
            select version, deleted, resource from changes
            where directory_id = {groups.DirectoryId} and resource_id = {group.Id + "/" + user}
            order by id desc
            limit 1
            """).SingleAsync(
            row => (Version: row.GetInt64(0), Deleted: row.GetBoolean(1), Edge: Membership.Parser.ParseFrom(row.GetFieldValue<byte[]>(2))),
            CancellationToken.None);
        Assert.Equal((false, told.Version, user), (told.Deleted, told.Edge.Version, told.Edge.Member.Value));
        return (told.Edge.CarriedOver, told.Edge.MemberVersion);
    }
}

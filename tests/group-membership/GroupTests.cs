using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim.V1;
using static DirectorySync.GroupMembership.Tests.Services;

namespace DirectorySync.GroupMembership.Tests;

/// <summary>Groups themselves: names, versions, retries, lists, isolation.</summary>
public sealed class GroupTests(Services services) : IClassFixture<Services>
{
    [Fact]
    public async Task A_group_is_stored_as_sent_with_an_id_of_ours()
    {
        var groups = await services.NewDirectoryAsync();

        var created = await groups.CreateAsync("APP-Rostr-Users", externalId: "X1");

        Assert.Equal("APP-Rostr-Users", created.DisplayName);
        Assert.Equal("X1", created.ExternalId);
        Assert.Equal(7, Guid.Parse(created.Id).Version);
        Assert.Equal(1, created.Version);
        Assert.Equal(created, await groups.GetAsync(created.Id));
        Assert.Equal(created, (await groups.ReadAsync(created.Id)).Group);
    }

    [Fact]
    public async Task A_display_name_is_taken_whatever_its_case_if_names_are_unique()
    {
        var groups = await services.NewDirectoryAsync();
        await groups.CreateAsync("Engineering");
        var other = await groups.CreateAsync("Other");

        await FailsAsync(ErrorReason.GroupNameTaken, () => groups.CreateAsync("ENGINEERING"));
        await FailsAsync(ErrorReason.GroupNameTaken, () => groups.PatchAsync(other.Id, [Operation.Rename("engineering")]));
        Assert.Equal(2, await groups.CountAsync());
        Assert.Equal(other, await groups.GetAsync(other.Id));

        var twin = await groups.CreateAsync("engineering", unique: false);
        Assert.Equal("engineering", twin.DisplayName);
    }

    [Fact]
    public async Task Of_groups_created_at_once_with_one_name_one_is_created()
    {
        var groups = await services.NewDirectoryAsync();

        var attempts = await Task.WhenAll(Enumerable.Range(0, 30).Select(async i =>
        {
            try
            {
                await groups.CreateAsync(i % 2 == 0 ? "Sales" : "SALES");
                return true;
            }
            catch (Grpc.Core.RpcException e) when (e.StatusCode == Grpc.Core.StatusCode.AlreadyExists)
            {
                return false;
            }
        }));

        Assert.Single(attempts, created => created);
        Assert.Equal(1, await groups.CountAsync());
    }

    [Fact]
    public async Task A_repeated_request_answers_what_it_created()
    {
        var groups = await services.NewDirectoryAsync();

        var first = await groups.CreateAsync("Once", requestId: "r1");
        var again = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => groups.CreateAsync("Once", requestId: "r1")));

        Assert.All(again, group => Assert.Equal(first, group));
        Assert.Equal(1, await groups.CountAsync());
    }

    [Fact]
    public async Task A_change_of_a_group_is_newer_than_what_a_bootstrap_read_before_it_whatever_members_do()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 4);
        var group = await groups.CreateAsync("Before");
        long listed = 0;

        await services.Database.InTransactionAsync(
            async tx =>
            {
                var next = await GroupStore.LockAsync(tx, groups.DirectoryId, group.Id, excludeDeltas: false, CancellationToken.None);
                foreach (var id in ids)
                {
                    await groups.AddAsync(group.Id, id);
                }

                listed = await ListedVersionAsync(groups);
                next!.DisplayName = "After";
                next.Version++;
                await GroupStore.UpdateAsync(tx, next, unique: true, CancellationToken.None);
            },
            CancellationToken.None);

        Assert.Equal(6, (await groups.GetAsync(group.Id)).Version);
        var renamed = await ListedVersionAsync(groups);
        Assert.True(listed < renamed);
        await groups.DeleteAsync(group.Id);
        Assert.Equal([1, renamed, renamed + 1], await services.Database.Sql($"""
            select version from changes where directory_id = {groups.DirectoryId} and resource_id = {group.Id} order by id
            """).ListAsync(row => row.GetInt64(0), CancellationToken.None));
    }

    [Fact]
    public async Task A_name_that_is_sent_again_changes_no_version_and_tells_nothing()
    {
        var groups = await services.NewDirectoryAsync();
        var group = await groups.CreateAsync("Same");
        var changes = await services.CountChangesAsync(groups.DirectoryId);

        Assert.Equal(group, await groups.PatchAsync(group.Id, [Operation.Rename("Same")]));
        Assert.Equal(group, await groups.ReplaceAsync(group, []));

        Assert.Equal(changes, await services.CountChangesAsync(groups.DirectoryId));
    }

    [Fact]
    public async Task A_rename_keeps_the_members()
    {
        var groups = await services.NewDirectoryAsync();
        var user = await services.NewUserAsync(groups.DirectoryId, "ada@acme.com");
        var group = await groups.CreateAsync("Before", [Operation.Member(user, "ada@acme.com")]);

        var renamed = await groups.PatchAsync(group.Id, [Operation.Rename("After")]);

        Assert.Equal("After", renamed.DisplayName);
        Assert.Equal(group.Version + 1, renamed.Version);
        Assert.Equal([user], await groups.MemberIdsAsync(group.Id));
    }

    [Fact]
    public async Task A_stale_version_is_refused_and_a_current_one_is_not()
    {
        var groups = await services.NewDirectoryAsync();
        var user = await services.NewUserAsync(groups.DirectoryId, "ada@acme.com");
        var group = await groups.CreateAsync("Versions");
        var added = await groups.AddAsync(group.Id, user);

        await FailsAsync(ErrorReason.EtagMismatch, () => groups.PatchAsync(group.Id, [Operation.Rename("No")], group.Version));
        await FailsAsync(ErrorReason.EtagMismatch, () => groups.ReplaceAsync(group, [], group.Version));
        await FailsAsync(ErrorReason.EtagMismatch, () => groups.DeleteAsync(group.Id, group.Version));
        Assert.Equal(added, await groups.GetAsync(group.Id));

        await groups.PatchAsync(group.Id, [Operation.Rename("Yes")], added.Version);
        Assert.Equal("Yes", (await groups.GetAsync(group.Id)).DisplayName);
    }

    [Fact]
    public async Task A_group_of_another_directory_does_not_exist()
    {
        var groups = await services.NewDirectoryAsync();
        var others = await services.NewDirectoryAsync();
        var user = await services.NewUserAsync(groups.DirectoryId, "ada@acme.com");
        var group = await groups.CreateAsync("Mine", [Operation.Member(user)]);

        var missing = await FailsAsync(ErrorReason.ResourceNotFound, () => others.GetAsync("none"));
        Assert.Equal("Group none does not exist.", missing.Status.Detail);
        await FailsAsync(ErrorReason.ResourceNotFound, () => others.GetAsync(group.Id));
        await FailsAsync(ErrorReason.ResourceNotFound, () => others.ReadAsync(group.Id));
        await FailsAsync(ErrorReason.ResourceNotFound, () => others.AddAsync(group.Id, user));
        await FailsAsync(ErrorReason.ResourceNotFound, () => others.ReplaceAsync(group, []));
        await FailsAsync(ErrorReason.ResourceNotFound, () => others.DeleteAsync(group.Id));
        Assert.Equal(0, (await others.ListAsync()).TotalSize);
        Assert.Empty(await others.GroupsOfAsync(user));
        // A user of another directory is nobody here.
        var foreign = await others.CreateAsync("Theirs", [Operation.Member(user)]);
        Assert.Empty(await others.MemberIdsAsync(foreign.Id));
        Assert.Equal([user], await groups.MemberIdsAsync(group.Id));
    }

    [Fact]
    public async Task Lists_page_by_token_in_any_order_and_count_exactly()
    {
        var groups = await services.NewDirectoryAsync();
        foreach (var i in Enumerable.Range(0, 25))
        {
            await groups.CreateAsync($"Team {(i * 7) % 25:00}", externalId: i % 3 == 0 ? "" : $"x{i % 5}");
        }

        foreach (var attribute in new[] { "", "displayName", "externalId", "meta.lastModified" })
        {
            foreach (var descending in new[] { false, true })
            {
                var paged = new List<Group>();
                var request = new ListGroupsRequest { PageSize = 4, Sort = Sorted(attribute, descending) };
                do
                {
                    var page = await groups.ListAsync(request.Clone());
                    Assert.Equal(25, page.TotalSize);
                    paged.AddRange(page.Groups);
                    request.PageToken = page.NextPageToken;
                }
                while (request.PageToken.Length > 0);

                var whole = await groups.ListAsync(new() { PageSize = 1000, Sort = Sorted(attribute, descending) });
                Assert.Equal(25, whole.Groups.Count);
                Assert.Equal(whole.Groups, paged);
            }
        }

        var byName = await groups.ListAsync(new() { PageSize = 3, Skip = 2, Sort = Sorted("displayName", false) });
        Assert.Equal(["Team 02", "Team 03", "Team 04"], byName.Groups.Select(g => g.DisplayName));
        Assert.Equal(25, (await groups.ListAsync(new() { PageSize = 0 })).TotalSize);
    }

    [Fact]
    public async Task Filters_find_groups_by_name_and_by_member()
    {
        var groups = await services.NewDirectoryAsync();
        var user = await services.NewUserAsync(groups.DirectoryId, "ada@acme.com");
        var one = await groups.CreateAsync("Design", [Operation.Member(user)]);
        await groups.CreateAsync("Development");

        var byName = await groups.ListAsync(new() { PageSize = 10, Filter = Name(ComparisonOperator.Equal, "dESIGN") });
        var byPrefix = await groups.ListAsync(new() { PageSize = 1, Filter = Name(ComparisonOperator.StartsWith, "de") });
        var byMember = await groups.ListAsync(new() { PageSize = 10, Filter = Operation.Equal("value", user) });

        Assert.Equal(one.Id, Assert.Single(byName.Groups).Id);
        Assert.Equal(2, byPrefix.TotalSize);
        Assert.Single(byPrefix.Groups);
        Assert.Equal(one.Id, Assert.Single(byMember.Groups).Id);
    }

    [Fact]
    public async Task What_cannot_be_stored_is_refused_and_named()
    {
        var groups = await services.NewDirectoryAsync();
        var group = await groups.CreateAsync("Rules");
        var many = Enumerable.Range(0, 5_001).Select(i => $"m{i}").ToArray();

        await FailsAsync(ErrorReason.InvalidValue, () => groups.CreateAsync(""));
        await FailsAsync(ErrorReason.InvalidValue, () => groups.CreateAsync("a\0b"));
        var raw = new RawAttribute { Schema = "x", Name = "y", Json = "\"\\u0000\"" };
        await FailsAsync(ErrorReason.InvalidValue, () => groups.ReplaceAsync(
            new() { Id = group.Id, DisplayName = "Rules", RawAttributes = { raw } }, []));
        await FailsAsync(ErrorReason.InvalidValue, () => groups.AddAsync(group.Id, ""));
        await FailsAsync(ErrorReason.InvalidValue, () => groups.AddAsync(group.Id, new string('x', 257)));
        await FailsAsync(ErrorReason.LimitExceeded, () => groups.AddAsync(group.Id, many));
        Assert.Equal(group, await groups.GetAsync(group.Id));
        Assert.Equal(1, await groups.CountAsync());
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("300 characters")]
    public async Task A_group_under_an_id_that_cannot_exist_is_not_found(string kind)
    {
        var groups = await services.NewDirectoryAsync();
        var group = await groups.CreateAsync("Real");
        var id = kind == "a\0b" ? kind : new string('x', 300);

        await FailsAsync(ErrorReason.ResourceNotFound, () => groups.GetAsync(id));
        await FailsAsync(ErrorReason.ResourceNotFound, () => groups.ReadAsync(id));
        await FailsAsync(ErrorReason.ResourceNotFound, () => groups.DeleteAsync(id));
        await FailsAsync(ErrorReason.ResourceNotFound, () => groups.AddAsync(id, "someone"));
        await FailsAsync(ErrorReason.ResourceNotFound, () => groups.ReplaceAsync(new() { Id = id, DisplayName = "New" }, []));
        await FailsAsync(ErrorReason.ResourceNotFound, () => groups.In(id).GetAsync(group.Id));
        Assert.Empty(await groups.GroupsOfAsync(id));
        Assert.Empty(await groups.GroupsOfAsync(id, "someone"));
        Assert.Equal(0, await groups.In(id).CountAsync());
    }

    [Theory]
    [InlineData("{\"open\": ")]
    [InlineData("\"a\\u0000b\"")]
    [InlineData("\"\\ud800\"")]
    public async Task An_attribute_that_cannot_be_kept_is_refused(string json)
    {
        var groups = await services.NewDirectoryAsync();
        var group = await groups.CreateAsync("Plain");
        var next = group.Clone();
        next.RawAttributes.Add(new RawAttribute { Schema = "urn:acme", Name = "colour", Json = json });

        await FailsAsync(ErrorReason.InvalidValue, () => groups.ReplaceAsync(next, []));
        Assert.Equal(group, await groups.GetAsync(group.Id));
    }

    private static Sort? Sorted(string attribute, bool descending)
    {
        var parts = attribute.Split('.');
        return new()
        {
            Path = attribute.Length == 0 ? null : Operation.Path(parts[0], parts.Length > 1 ? parts[1] : "", attribute == "externalId"),
            Descending = descending,
        };
    }

    private static Filter Name(ComparisonOperator @operator, string value) => new()
    {
        Comparison = new() { Path = Operation.Path("displayName"), Operator = @operator, Value = new() { StringValue = value } },
    };

    private async Task<long> ListedVersionAsync(Groups groups) => Assert.Single(
        await new FeedSources(services.Database).ListGroupsAsync(groups.DirectoryId, null, 10, CancellationToken.None)).Version;
}

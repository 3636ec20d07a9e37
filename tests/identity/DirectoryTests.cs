using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.Directories;
using Grpc.Core;
using static DirectorySync.Identity.Tests.IdentityService;

namespace DirectorySync.Identity.Tests;

/// <summary>Directories: endpoints, states, removal.</summary>
public sealed class DirectoryTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task A_directory_starts_active_with_a_key_of_lower_case_letters_and_digits()
    {
        var directory = await identity.CreateDirectoryAsync();

        Assert.Equal(DirectoryState.Active, directory.State);
        Assert.Matches("^[a-z0-9]{24}$", directory.EndpointKey);
        Assert.Equal(ConnectionState.NeverContacted, directory.Connection.State);
        Assert.Equal(directory, await identity.GetDirectoryAsync(directory.Id));
    }

    [Fact]
    public async Task A_directory_under_review_starts_in_preview_and_so_do_all_where_the_deployment_says_so()
    {
        var organization = await identity.CreateOrganizationAsync();
        await using var reviewing = identity.StartReplica(builder => builder.UseSetting("Identity:Activation", "Review"));
        var wanted = new Directory { OrganizationId = organization.Id, Name = "x", Provider = Provider.Entra };

        Assert.Equal(DirectoryState.Preview, (await identity.CreateDirectoryAsync(new() { Activation = Activation.Review })).State);
        Assert.Equal(DirectoryState.Preview, (await reviewing.Directories.CreateDirectoryAsync(new() { Directory = wanted })).Directory.State);
        wanted.Policies = new() { Activation = Activation.Automatic };
        Assert.Equal(DirectoryState.Active, (await reviewing.Directories.CreateDirectoryAsync(new() { Directory = wanted })).Directory.State);
    }

    [Fact]
    public async Task Creating_twice_with_one_request_id_answers_one_directory()
    {
        var organization = await identity.CreateOrganizationAsync();
        var request = new CreateDirectoryRequest
        {
            Directory = new() { OrganizationId = organization.Id, Name = "x", Provider = Provider.Okta, EndpointLabel = "twice-1" },
            RequestId = "directory-1",
        };

        var all = await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ => (await identity.Directories.CreateDirectoryAsync(request)).Directory));

        Assert.Single(all.Distinct());
    }

    [Fact]
    public async Task A_label_is_compared_without_case_and_never_moves_to_another_directory()
    {
        var (one, other) = (await identity.CreateDirectoryAsync(), await identity.CreateDirectoryAsync());
        one = await LabelAsync(one, "Acme-Labels");
        Assert.Equal("acme-labels", one.EndpointLabel);
        one = await LabelAsync(one, "acme-renamed");

        await FailsAsync(ErrorReason.EndpointLabelTaken, () => LabelAsync(other, "acme-labels"));
        await FailsAsync(ErrorReason.EndpointLabelTaken, () => LabelAsync(other, "ACME-RENAMED"));
        await FailsAsync(ErrorReason.EndpointLabelTaken, () => LabelAsync(other, one.EndpointKey));
        Assert.Equal("acme-labels", (await LabelAsync(one, "acme-labels")).EndpointLabel);

        await identity.Directories.DeleteDirectoryAsync(new() { Id = one.Id });
        await identity.GoneAsync(one);
        await FailsAsync(ErrorReason.EndpointLabelTaken, () => LabelAsync(other, "acme-renamed"));
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("with_underscore")]
    [InlineData("a/b")]
    [InlineData("ümlaut")]
    public async Task A_label_that_Okta_or_a_URL_refuses_is_refused(string label)
    {
        var directory = await identity.CreateDirectoryAsync();

        await FailsAsync(ErrorReason.InvalidValue, () => LabelAsync(directory, label));
    }

    public static TheoryData<DirectoryState, DirectoryState, DirectoryState?, bool> Transitions => new()
    {
        { DirectoryState.Preview, DirectoryState.Active, null, true },
        { DirectoryState.Preview, DirectoryState.Paused, null, false },
        { DirectoryState.Active, DirectoryState.Paused, null, true },
        { DirectoryState.Paused, DirectoryState.Active, null, true },
        { DirectoryState.Active, DirectoryState.Preview, null, false },
        { DirectoryState.Preview, DirectoryState.Disabled, null, true },
        { DirectoryState.Active, DirectoryState.Disabled, null, true },
        { DirectoryState.Paused, DirectoryState.Disabled, null, true },
        { DirectoryState.Disabled, DirectoryState.Active, DirectoryState.Active, true },
        { DirectoryState.Disabled, DirectoryState.Active, DirectoryState.Preview, false },
        { DirectoryState.Disabled, DirectoryState.Paused, DirectoryState.Paused, true },
        { DirectoryState.Disabled, DirectoryState.Preview, DirectoryState.Preview, true },
        { DirectoryState.Deleting, DirectoryState.Active, null, false },
        { DirectoryState.Active, DirectoryState.Deleting, null, false },
        { DirectoryState.Active, DirectoryState.Unspecified, null, false },
    };

    [Theory]
    [MemberData(nameof(Transitions))]
    public void A_state_follows_only_where_it_may(DirectoryState current, DirectoryState wanted, DirectoryState? before, bool may) =>
        Assert.Equal(may, DirectoryStates.WhyNot(current, wanted, before) is null);

    [Fact]
    public async Task A_disabled_directory_takes_no_users_keeps_those_it_has_and_returns_to_what_it_was()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada");
        await identity.SetStateAsync(directory, DirectoryState.Paused);
        await identity.SetStateAsync(directory, DirectoryState.Disabled);

        await FailsAsync(ErrorReason.DirectoryState, () => identity.CreateUserAsync(directory, "grace"));
        await FailsAsync(ErrorReason.DirectoryState, () => identity.PatchUserAsync(user, """[{"op":"replace","value":{"active":false}}]"""));
        await FailsAsync(ErrorReason.DirectoryState, async () => await identity.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = user.Id }));
        Assert.Equal(user, await identity.GetUserAsync(user));

        var error = await FailsAsync(ErrorReason.DirectoryState, () => identity.SetStateAsync(directory, DirectoryState.Active));
        Assert.Contains("paused", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal(DirectoryState.Paused, (await identity.SetStateAsync(directory, DirectoryState.Paused)).State);
        await identity.CreateUserAsync(directory, "grace");
        Assert.Contains(await identity.ProblemsAsync(directory.Id), problem => problem.Code == "PUSH_NOW_NEEDED");
    }

    [Fact]
    public async Task Policies_change_one_by_one_or_as_a_whole()
    {
        var directory = await identity.CreateDirectoryAsync(new() { RateLimit = 7, UniqueGroupNames = true });

        var one = await UpdateAsync(directory, new() { RateLimit = 9 }, "policies.rate_limit");
        Assert.Equal(new() { RateLimit = 9, UniqueGroupNames = true }, one.Policies);
        var unset = await UpdateAsync(directory, new(), "policies.unique_group_names");
        Assert.False(unset.Policies.HasUniqueGroupNames);
        var whole = await UpdateAsync(directory, new() { TokenLifetimeDays = 3 }, "policies");
        Assert.Equal(new() { TokenLifetimeDays = 3 }, whole.Policies);

        await FailsAsync(ErrorReason.InvalidValue, () => UpdateAsync(directory, new(), "policies.nonsense"));
        await FailsAsync(ErrorReason.InvalidValue, () => UpdateAsync(directory, new(), "endpoint_key"));
        await FailsAsync(ErrorReason.InvalidValue, () => UpdateAsync(directory, new() { RateLimit = -1 }, "policies"));
        Assert.Equal(whole, await UpdateAsync(directory, new() { TokenLifetimeDays = 3 }, "policies"));
    }

    [Fact]
    public async Task A_deleted_directory_closes_at_once_is_emptied_and_ends_with_one_change()
    {
        var directory = await identity.CreateDirectoryAsync();
        await using var other = identity.StartReplica(builder => builder.UseSetting("Identity:RemovalBatch", "3"));
        for (var i = 0; i < 10; i++)
        {
            await identity.CreateUserAsync(directory, $"u{i}");
        }

        await identity.Credentials.CreateScimTokenAsync(new() { DirectoryId = directory.Id });
        await other.Directories.DeleteDirectoryAsync(new() { Id = directory.Id });

        var late = await Assert.ThrowsAsync<RpcException>(() => identity.CreateUserAsync(directory, "late"));
        Assert.Contains(late.Reason(), new[] { ErrorReason.DirectoryState, ErrorReason.ResourceNotFound });
        await identity.GoneAsync(directory);
        await other.Directories.DeleteDirectoryAsync(new() { Id = directory.Id });
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Directories.DeleteDirectoryAsync(new() { Id = "never" }));
        var changes = await identity.ChangesAsync(Directory.Descriptor.FullName, directory.Id);
        Assert.Equal([(1, false), (2, false), (3, true)], changes.Select(change => ((int)change.Version, change.Deleted)));
        Assert.Equal(DirectoryState.Deleting, Directory.Parser.ParseFrom(changes[1].Resource).State);
        await identity.Organizations.DeleteOrganizationAsync(new() { Id = directory.OrganizationId });
    }

    [Fact]
    public async Task Lists_are_newest_first_filtered_and_paged_in_both_directions()
    {
        var organization = await identity.CreateOrganizationAsync("lists.example");
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Add((await identity.Directories.CreateDirectoryAsync(new()
            {
                Directory = new() { OrganizationId = organization.Id, Name = $"Team {i} Ärzte", Provider = Provider.Generic },
            })).Directory.Id);
        }

        // Ids of the same millisecond have no order of creation.
        ids.Sort(StringComparer.Ordinal);
        ids.Reverse();
        var first = await ListAsync(new() { OrganizationId = organization.Id, Page = new() { Limit = 2 } });
        var second = await ListAsync(new() { OrganizationId = organization.Id, Page = new() { Limit = 2, After = first.Page.After } });
        var third = await ListAsync(new() { OrganizationId = organization.Id, Page = new() { Limit = 2, After = second.Page.After } });
        var back = await ListAsync(new() { OrganizationId = organization.Id, Page = new() { Limit = 2, Before = third.Page.Before } });
        var ascending = await ListAsync(new() { Domain = "Lists.example", Page = new() { Ascending = true } });

        Assert.Equal("", first.Page.Before);
        Assert.Equal(ids[0..2], first.Directories.Select(d => d.Id));
        Assert.Equal(ids[2..4], second.Directories.Select(d => d.Id));
        Assert.Equal("", third.Page.After);
        Assert.Equal(ids[4..], third.Directories.Select(d => d.Id));
        Assert.Equal(ids[2..4], back.Directories.Select(d => d.Id));
        Assert.Equal(ids.AsEnumerable().Reverse(), ascending.Directories.Select(d => d.Id));
        Assert.Equal(5, (await ListAsync(new() { Search = "ärzTE" })).Directories.Count);
        await FailsAsync(ErrorReason.InvalidValue, () => ListAsync(new() { Page = new() { Limit = 101 } }));
    }

    private async Task<ListDirectoriesResponse> ListAsync(ListDirectoriesRequest request) =>
        await identity.Directories.ListDirectoriesAsync(request);

    private async Task<Directory> LabelAsync(Directory directory, string label) => (await identity.Directories.UpdateDirectoryAsync(new()
    {
        Directory = new() { Id = directory.Id, EndpointLabel = label }, UpdateMask = { "endpoint_label" },
    })).Directory;

    private async Task<Directory> UpdateAsync(Directory directory, DirectoryPolicies policies, string field) =>
        (await identity.Directories.UpdateDirectoryAsync(new()
        {
            Directory = new() { Id = directory.Id, Policies = policies }, UpdateMask = { field },
        })).Directory;
}

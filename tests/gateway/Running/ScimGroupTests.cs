using System.Text;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Kit;
using Grpc.Net.Client;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>/Groups through the gateway, as okta-wire §10 uses it.</summary>
[Collection(RunningGateway.Name)]
public sealed class ScimGroupTests(RunningGateway running) : IAsyncLifetime, IDisposable
{
    private StackDirectory directory = null!;
    private Api scim = null!;

    public async Task InitializeAsync()
    {
        directory = await running.Stack.CreateDirectoryAsync();
        scim = new Api(directory.ScimBaseUrl, $"Bearer {directory.Token}");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => scim.Dispose();

    [Fact]
    public async Task A_group_is_pushed_in_the_patch_dialect()
    {
        var (ada, bob) = (await CreateUserAsync("ada@example.com"), await CreateUserAsync("bob@example.com"));
        Assert.Empty((await scim.GetAsync("/Groups?filter=displayName%20eq%20%22Sales%22&startIndex=1&count=100")).Body!["Resources"]!.AsArray());
        var created = await scim.PostAsync("/Groups", """
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Sales","members":[]}
            """);
        var id = created.Text("id");
        Assert.Equal((201, $"{directory.ScimBaseUrl}/Groups/{id}"), (created.Status, created.Headers.Location!.OriginalString));
        Assert.Equal($"{directory.ScimBaseUrl}/Groups/{id}", created.ContentHeaders.ContentLocation!.OriginalString);
        Assert.Empty(created.Body!["members"]!.AsArray());

        var added = await PatchAsync(id, $$"""{"op":"add","path":"members","value":[{"value":"{{ada}}","display":"ada@example.com"}]}""");
        Assert.Equal([ada], Members(added));
        Assert.Equal(200, added.Status);
        // okta-wire §10: the rename carries the id, and must not touch the members.
        Assert.Equal(200, (await PatchAsync(id, $$"""{"op":"replace","value":{"id":"{{id}}","displayName":"Sales EMEA"} }""")).Status);
        Assert.Equal(200, (await PatchAsync(
            id,
            $$"""{"op":"remove","path":"members[value eq \"{{ada}}\"]"}""",
            $$"""{"op":"add","path":"members","value":[{"value":"{{bob}}","display":"bob@example.com"}]}""")).Status);

        var read = await scim.GetAsync($"/Groups/{id}");
        Assert.Equal("Sales EMEA", read.Text("displayName"));
        Assert.Equal([bob], Members(read));
        Assert.Equal(200, (await PatchAsync(id, """{"op":"replace","path":"members","value":[]}""")).Status);
        Assert.Empty(Members(await scim.GetAsync($"/Groups/{id}")));
        Assert.Equal(204, (await scim.DeleteAsync($"/Groups/{id}")).Status);
        (await scim.GetAsync($"/Groups/{id}")).ScimError(404);
        Assert.Equal(200, (await scim.GetAsync($"/Users/{ada}")).Status);
    }

    [Fact]
    public async Task A_group_is_pushed_in_the_put_dialect()
    {
        var (ada, bob) = (await CreateUserAsync("ada2@example.com"), await CreateUserAsync("bob2@example.com"));
        var id = (await scim.PostAsync("/Groups", """{"displayName":"Put","members":[]}""")).Text("id");

        // "display": null is what captures show.
        var put = await scim.PutAsync($"/Groups/{id}", $$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"{{id}}","members":[{"value":"{{ada}}","display":null},{"value":"{{bob}}"}],
             "displayName":"Put 2"}
            """);

        Assert.Equal((200, "Put 2"), (put.Status, put.Text("displayName")));
        Assert.Equal([.. new[] { ada, bob }.Order()], Members(put).Order());
        Assert.Empty(Members(await scim.PutAsync($"/Groups/{id}", """{"displayName":"Put 2","members":[]}""")));
        (await scim.PutAsync("/Groups/unknown", """{"displayName":"Nobody","members":[]}""")).ScimError(404);
    }

    [Fact]
    public async Task A_patch_answers_what_attributes_ask_for()
    {
        var id = (await scim.PostAsync("/Groups", """{"displayName":"Asked"}""")).Text("id");

        var answer = await scim.PatchAsync($"/Groups/{id}?attributes=displayName", Patch("""{"op":"replace","value":{"displayName":"Told"}}"""));

        Assert.Equal((200, "Told"), (answer.Status, answer.Text("displayName")));
        Assert.Null(answer.Body!["members"]);
    }

    // RFC 7644 §3.5.2: the resource, or 204. Many members are not sent for every member that comes or goes.
    [Fact]
    public async Task A_patch_answers_a_small_group_and_says_no_more_than_done_of_a_large_one()
    {
        var users = (await scim.PostAsync("/Bulk", $$"""
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{{string.Join(',', Enumerable.Range(0, 101).Select(i =>
                $$$"""{"method":"POST","path":"/Users","bulkId":"{{{i}}}","data":{"userName":"member{{{i}}}@example.com"}}"""))}}]}
            """)).Body!["Operations"]!.AsArray().Select(operation => operation!["location"]!.GetValue<string>().Split('/')[^1]).ToList();
        string Add(IEnumerable<string> ids) =>
            $$"""{"op":"add","path":"members","value":[{{string.Join(',', ids.Select(id => $$"""{"value":"{{id}}"}"""))}}]}""";
        var id = (await scim.PostAsync("/Groups", """{"displayName":"Growing"}""")).Text("id");

        var small = await PatchAsync(id, Add(users.Take(100)));
        var large = await PatchAsync(id, Add(users.Skip(100)));
        var again = await PatchAsync(id, $$"""{"op":"remove","path":"members[value eq \"{{users[0]}}\"]"}""");

        Assert.Equal((200, 100), (small.Status, Members(small).Count));
        Assert.Equal(small.Body!["meta"]!["version"]!.GetValue<string>(), small.Headers.ETag!.ToString());
        Assert.Equal((204, null, 204), (large.Status, large.Body, again.Status));
        var read = await scim.GetAsync($"/Groups/{id}");
        Assert.Equal(read.Headers.ETag, again.Headers.ETag);
        Assert.Equal(users.Skip(1).Order(), Members(read).Order());
    }

    [Fact]
    public async Task A_name_in_use_is_409_whatever_its_case()
    {
        await scim.PostAsync("/Groups", """{"displayName":"Admins"}""");

        (await scim.PostAsync("/Groups", """{"displayName":"ADMINS"}""")).ScimError(409, "uniqueness");
    }

    // okta-wire §14, 4: a push must not fail because of one member; the administrator sees who is missing.
    [Fact]
    public async Task A_member_that_nobody_knows_is_kept_aside_and_listed()
    {
        var ada = await CreateUserAsync("ada3@example.com");

        var created = await scim.PostAsync("/Groups", $$"""{"displayName":"Half","members":[{"value":"{{ada}}"},{"value":"nobody"}]}""");

        Assert.Equal(201, created.Status);
        Assert.Equal([ada], Members(created));
        using var rest = new Api(running.Stack.GatewayUrl(), running.Stack.ApiKey);
        var unresolved = await rest.GetAsync($"/directories/{directory.Id}/unresolved_members");
        Assert.Equal("nobody", unresolved.Body!["data"]!.AsArray().Single()!["value"]!.GetValue<string>());
    }

    [Fact]
    public async Task Lists_carry_members_of_each_group_unless_they_are_excluded()
    {
        var ada = await CreateUserAsync("ada4@example.com");
        foreach (var (name, member) in new[] { ("A", ada), ("B", null), ("C", ada) })
        {
            var members = member is null ? "" : $$"""{"value":"{{member}}"}""";
            Assert.Equal(201, (await scim.PostAsync("/Groups", $$"""{"displayName":"{{name}}","members":[{{members}}]}""")).Status);
        }

        var all = (await scim.GetAsync("/Groups?sortBy=displayName")).Body!["Resources"]!.AsArray();
        Assert.Equal([("A", 1), ("B", 0), ("C", 1)],
            all.Select(group => (group!["displayName"]!.GetValue<string>(), group["members"]!.AsArray().Count)));
        Assert.All((await scim.GetAsync("/Groups?excludedAttributes=members")).Body!["Resources"]!.AsArray(), group => Assert.Null(group!["members"]));
    }

    [Fact]
    public async Task A_body_of_many_members_passes_and_a_larger_one_is_413()
    {
        const int Count = 20_000;
        var id = (await scim.PostAsync("/Groups", """{"displayName":"Large"}""")).Text("id");
        var body = new StringBuilder("""{"displayName":"Large","members":[""");
        for (var i = 0; i < Count; i++)
        {
            body.Append(i == 0 ? "" : ",").Append(null, $$"""{"value":"{{Guid.CreateVersion7()}}","display":"{{new string('d', 40)}}"}""");
        }

        var put = await scim.PutAsync($"/Groups/{id}", body.Append("]}").ToString());

        Assert.Equal(200, put.Status);
        using var channel = GrpcChannel.ForAddress(running.Stack.ServiceUrl("group-membership"));
        var unresolved = await new GroupService.GroupServiceClient(channel).ListUnresolvedMembersAsync(new() { DirectoryId = directory.Id });
        Assert.Equal(Count, unresolved.TotalSize);
        (await scim.PutAsync($"/Groups/{id}", $$"""{"displayName":"{{new string('x', 33 * 1024 * 1024)}}"}""")).ScimError(413);
    }

    [Fact]
    public async Task Groups_have_versions_that_members_move()
    {
        var ada = await CreateUserAsync("ada5@example.com");
        var id = (await scim.PostAsync("/Groups", """{"displayName":"Versioned"}""")).Text("id");
        var first = (await scim.GetAsync($"/Groups/{id}")).Headers.ETag!.ToString();
        Assert.Equal(304, (await scim.GetAsync($"/Groups/{id}", ("If-None-Match", first))).Status);

        var added = await PatchAsync(id, $$"""{"op":"add","path":"members","value":[{"value":"{{ada}}"}]}""");

        Assert.NotEqual(first, added.Headers.ETag!.ToString());
        (await scim.SendAsync("PUT", $"/Groups/{id}", """{"displayName":"Late"}""", ("If-Match", first))).ScimError(412);
        (await scim.SendAsync("DELETE", $"/Groups/{id}", null, ("If-Match", first))).ScimError(412);
    }

    [Fact]
    public async Task Users_are_found_by_their_groups_and_everything_by_its_address()
    {
        var (ada, bob) = (await CreateUserAsync("ada3@example.com"), await CreateUserAsync("bob3@example.com"));
        var group = (await scim.PostAsync("/Groups", $$"""
            {"displayName":"Found","members":[{"value":"{{ada}}","display":"Ada L"}]}
            """)).Text("id");
        var users = $"{directory.ScimBaseUrl}/Users/";

        foreach (var filter in new[]
        {
            $"groups eq \"{group}\"", $"groups.value eq \"{group}\"", $"groups[value eq \"{group}\"]", "groups.display eq \"FOUND\"",
            $"groups.$ref eq \"{directory.ScimBaseUrl}/Groups/{group}\"", $"userName pr and groups eq \"{group}\"",
            $"meta.location eq \"{users}{ada}\"", $"meta.location ew \"{ada}\"",
        })
        {
            Assert.Equal([ada], await FindAsync("Users", filter));
        }

        Assert.Equal([bob], await FindAsync("Users", $"not (groups eq \"{group}\")"));
        Assert.Empty(await FindAsync("Users", "groups eq \"none\""));
        Assert.Contains("GET /Groups", (await scim.GetAsync("/Users?filter=groups%20pr")).ScimError(400, "invalidFilter"), StringComparison.Ordinal);
        foreach (var filter in new[]
        {
            $"members.$ref eq \"{users}{ada}\"", $"members.value eq \"{ada}\"", "members.display eq \"ada l\"", "members.type eq \"User\"",
            $"members[value eq \"{ada}\" and display co \"ADA\" and type eq \"user\"]",
            $"meta.location eq \"{directory.ScimBaseUrl}/Groups/{group}\"", "meta.lastModified gt \"2020-01-01T00:00:00Z\"",
        })
        {
            Assert.Equal([group], await FindAsync("Groups", filter));
        }

        Assert.Empty(await FindAsync("Groups", $"members[value eq \"{ada}\" and display eq \"Bob\"]"));
    }

    private async Task<IEnumerable<string>> FindAsync(string type, string filter)
    {
        var found = await scim.GetAsync($"/{type}?filter={Uri.EscapeDataString(filter)}");
        Assert.Equal(200, found.Status);
        return found.Body!["Resources"]!.AsArray().Select(resource => resource!["id"]!.GetValue<string>());
    }

    private async Task<string> CreateUserAsync(string userName) =>
        (await scim.PostAsync("/Users", $$"""{"userName":"{{userName}}","active":true}""")).Text("id");

    private Task<ApiAnswer> PatchAsync(string id, params string[] operations) => scim.PatchAsync($"/Groups/{id}", Patch(operations));

    private static string Patch(params string[] operations) =>
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{string.Join(',', operations)}}]}""";

    private static IReadOnlyList<string> Members(ApiAnswer answer) =>
        [.. answer.Body!["members"]!.AsArray().Select(member => member!["value"]!.GetValue<string>())];
}

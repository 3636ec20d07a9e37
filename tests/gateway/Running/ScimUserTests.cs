using System.Text.Json;
using System.Text.Json.Nodes;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>/Users through the gateway, as okta-wire §§2 to 9 use it.</summary>
[Collection(RunningGateway.Name)]
public sealed class ScimUserTests(RunningGateway running) : IAsyncLifetime, IDisposable
{
    private const string User = "urn:ietf:params:scim:schemas:core:2.0:User";

    private StackDirectory directory = null!;
    private Api scim = null!;

    public async Task InitializeAsync()
    {
        directory = await running.Stack.CreateDirectoryAsync();
        scim = new Api(directory.ScimBaseUrl, $"Bearer {directory.Token}");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => scim.Dispose();

    // okta-wire §2: Test Connector on an empty directory.
    [Fact]
    public async Task An_empty_directory_lists_nothing_with_integers()
    {
        var answer = await scim.GetAsync("/Users?startIndex=1&count=2");

        Assert.Equal((200, "application/scim+json"), (answer.Status, answer.MediaType));
        Assert.Empty(answer.Body!["Resources"]!.AsArray());
        foreach (var (name, value) in new[] { ("totalResults", 0), ("startIndex", 1), ("itemsPerPage", 0) })
        {
            Assert.Equal(JsonValueKind.Number, answer.Body[name]!.GetValueKind());
            Assert.Equal(value, answer.Body[name]!.GetValue<int>());
        }
    }

    // okta-wire §4, 2a.
    [Fact]
    public async Task A_new_user_is_answered_whole_and_without_its_password()
    {
        var answer = await scim.PostAsync("/Users", """
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"Test.User@okta.local",
             "name":{"givenName":"Test","familyName":"User"},
             "emails":[{"primary":true,"value":"test.user@okta.local","type":"work"}],
             "displayName":"Test User","locale":"en-US","externalId":"00ujl29u0le5T6Aj10h7","groups":[],"password":"1mz050nq","active":true}
            """);

        var id = answer.Text("id");
        Assert.Equal(201, answer.Status);
        Assert.Equal("Test.User@okta.local", answer.Text("userName"));
        Assert.Equal("00ujl29u0le5T6Aj10h7", answer.Text("externalId"));
        Assert.Null(answer.Body!["password"]);
        Assert.Equal("User", answer.Body["meta"]!["resourceType"]!.GetValue<string>());
        Assert.Equal($"{directory.ScimBaseUrl}/Users/{id}", answer.Headers.Location!.OriginalString);
        Assert.Equal($"{directory.ScimBaseUrl}/Users/{id}", answer.ContentHeaders.ContentLocation!.OriginalString);
        Assert.Equal($"{directory.ScimBaseUrl}/Users/{id}", answer.Body["meta"]!["location"]!.GetValue<string>());
        Assert.Equal(answer.Body["meta"]!["version"]!.GetValue<string>(), answer.Headers.ETag!.ToString());
        Assert.DoesNotContain("1mz050nq", running.Stack.Log("gateway"), StringComparison.Ordinal);
        Assert.DoesNotContain("est.user@okta.local", running.Stack.Log("gateway"), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_user_name_in_use_is_409_whatever_its_case()
    {
        await CreateAsync("ada@example.com");

        (await scim.PostAsync("/Users", Body("ADA@example.com"))).ScimError(409, "uniqueness");
    }

    // okta-wire §4, 1: both encodings, any case; an inactive user is found, or a re-assignment would become a duplicate.
    [Theory]
    [InlineData("?filter=userName%20eq%20%22MAX%40example.com%22&startIndex=1&count=100")]
    [InlineData("?filter=userName+eq+%22max%40example.com%22")]
    public async Task A_user_is_found_by_its_name_even_if_inactive(string query)
    {
        var id = await CreateAsync("Max@example.com");
        await scim.PatchAsync($"/Users/{id}", Patch("""{"op":"replace","value":{"active":false}}"""));

        var answer = await scim.GetAsync("/Users" + query);

        Assert.Equal(id, answer.Body!["Resources"]!.AsArray().Single()!["id"]!.GetValue<string>());
    }

    // okta-wire §6, both dialects, and §8.
    [Fact]
    public async Task A_user_is_deactivated_and_comes_back_by_patch_and_by_put()
    {
        var id = await CreateAsync("eva@example.com");

        var patched = await scim.PatchAsync($"/Users/{id}", Patch("""{"op":"replace","value":{"active":false}}"""));
        Assert.Equal((200, false), (patched.Status, patched.Body!["active"]!.GetValue<bool>()));
        var read = await scim.GetAsync($"/Users/{id}");
        Assert.Equal((200, false), (read.Status, read.Body!["active"]!.GetValue<bool>()));

        read.Body["active"] = true;
        var put = await scim.PutAsync($"/Users/{id}", read.Body.ToJsonString());
        Assert.Equal((200, true), (put.Status, put.Body!["active"]!.GetValue<bool>()));
    }

    // okta-wire §5: "groups": [] in the echo is noise.
    [Fact]
    public async Task Groups_in_a_body_do_not_count_and_groups_in_answers_are_true()
    {
        var id = await CreateAsync("kim@example.com");
        var group = (await scim.PostAsync("/Groups", $$"""{"displayName":"Sales","members":[{"value":"{{id}}"}]}""")).Text("id");

        var body = (await scim.GetAsync($"/Users/{id}")).Body!;
        Assert.Equal(group, body["groups"]!.AsArray().Single()!["value"]!.GetValue<string>());
        body["groups"] = new JsonArray();
        var put = await scim.PutAsync($"/Users/{id}", body.ToJsonString());

        Assert.Equal("Sales", put.Body!["groups"]!.AsArray().Single()!["display"]!.GetValue<string>());
        Assert.Equal(group, (await scim.GetAsync("/Users")).Body!["Resources"]![0]!["groups"]![0]!["value"]!.GetValue<string>());
        Assert.Null((await scim.GetAsync($"/Users/{id}?excludedAttributes=groups")).Body!["groups"]);
    }

    // RFC 7644 §3.5.1; a user of another directory is as unknown, in the same words.
    [Fact]
    public async Task An_unknown_id_is_404_and_so_is_another_directorys()
    {
        var id = await CreateAsync("lea@example.com");
        using var other = new Api((await running.Stack.CreateDirectoryAsync("Other")) is var d ? d.ScimBaseUrl : "", $"Bearer {d.Token}");

        foreach (var (method, body) in new[]
        {
            ("GET", null), ("PUT", Body("x@example.com")), ("PATCH", Patch("""{"op":"replace","value":{"active":false}}""")), ("DELETE", null),
        })
        {
            var foreign = (await other.SendAsync(method, $"/Users/{id}", body)).ScimError(404);
            var unknown = (await other.SendAsync(method, "/Users/00919288221112222", body)).ScimError(404);
            Assert.Equal(unknown.Replace("00919288221112222", id, StringComparison.Ordinal), foreign);
        }

        Assert.Equal(200, (await scim.GetAsync($"/Users/{id}")).Status);
    }

    // RFC 7644 §3.14.
    [Fact]
    public async Task Versions_are_demanded_and_known_ones_not_sent_again()
    {
        var id = await CreateAsync("tom@example.com");
        var first = (await scim.GetAsync($"/Users/{id}")).Headers.ETag!.ToString();

        var known = await scim.GetAsync($"/Users/{id}", ("If-None-Match", first));
        Assert.Equal((304, null, first), (known.Status, known.Body, known.Headers.ETag!.ToString()));

        var changed = await scim.SendAsync("PATCH", $"/Users/{id}", Patch("""{"op":"replace","value":{"title":"Boss"}}"""), ("If-Match", first));
        Assert.Equal(200, changed.Status);
        Assert.NotEqual(first, changed.Headers.ETag!.ToString());
        (await scim.SendAsync("PUT", $"/Users/{id}", Body("tom@example.com"), ("If-Match", first))).ScimError(412);
        (await scim.SendAsync("DELETE", $"/Users/{id}", null, ("If-Match", first))).ScimError(412);

        var same = await scim.PatchAsync($"/Users/{id}", Patch("""{"op":"replace","value":{"title":"Boss"}}"""));
        Assert.Equal(changed.Headers.ETag, same.Headers.ETag);
    }

    // okta-wire §9: nothing is left of a password-only change.
    [Fact]
    public async Task A_password_is_dropped()
    {
        var id = await CreateAsync("pia@example.com");
        var before = (await scim.GetAsync($"/Users/{id}")).Headers.ETag;

        var answer = await scim.PatchAsync($"/Users/{id}", Patch("""{"op":"replace","value":{"password":"hunter2hunter2"}}"""));

        Assert.Equal((200, before), (answer.Status, answer.Headers.ETag));
        Assert.Null(answer.Body!["password"]);
    }

    [Fact]
    public async Task Answers_hold_what_was_asked_for()
    {
        var id = await CreateAsync("joe@example.com");

        var only = (await scim.GetAsync($"/Users/{id}?attributes=userName")).Body!.AsObject();
        Assert.Equal(["schemas", "id", "userName"], only.Select(member => member.Key).Where(key => key != "meta"));
        Assert.Null((await scim.GetAsync("/Users?excludedAttributes=emails,name.familyName")).Body!["Resources"]![0]!["emails"]);
        var found = await scim.PostAsync("/Users/.search", """
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"emails.value co \"joe@\"","attributes":["userName"]}
            """);
        Assert.Equal((200, id), (found.Status, found.Body!["Resources"]![0]!["id"]!.GetValue<string>()));
        Assert.Null(found.Body["Resources"]![0]!["emails"]);
    }

    // okta-wire §3: import in pages; RFC 9865: the same by cursor.
    [Fact]
    public async Task All_users_are_paged_by_index_and_by_cursor()
    {
        var ids = new List<string>();
        foreach (var n in Enumerable.Range(0, 5))
        {
            ids.Add(await CreateAsync($"page{n}@example.com"));
        }

        var byIndex = new List<string>();
        for (var start = 1; start <= 5; start += 2)
        {
            var page = (await scim.GetAsync($"/Users?startIndex={start}&count=2")).Body!;
            Assert.Equal((5, start), (page["totalResults"]!.GetValue<int>(), page["startIndex"]!.GetValue<int>()));
            byIndex.AddRange(Ids(page));
        }

        var byCursor = new List<string>();
        for (var cursor = ""; cursor is not null;)
        {
            var page = (await scim.GetAsync($"/Users?cursor={Uri.EscapeDataString(cursor)}&count=2")).Body!;
            byCursor.AddRange(Ids(page));
            cursor = page["nextCursor"]?.GetValue<string>();
        }

        Assert.Equal(ids.Order(), byIndex.Order());
        Assert.Equal(ids.Order(), byCursor.Order());
        (await scim.GetAsync("/Users?cursor=nonsense")).ScimError(400, "invalidCursor");
    }

    [Fact]
    public async Task A_deleted_user_is_gone_from_its_group_at_once()
    {
        var id = await CreateAsync("sam@example.com");
        var group = (await scim.PostAsync("/Groups", $$"""{"displayName":"Gone","members":[{"value":"{{id}}"}]}""")).Text("id");

        Assert.Equal(204, (await scim.DeleteAsync($"/Users/{id}")).Status);

        Assert.Empty((await scim.GetAsync($"/Groups/{group}")).Body!["members"]!.AsArray());
        (await scim.GetAsync($"/Users/{id}")).ScimError(404);
        Assert.NotEqual(id, await CreateAsync("sam@example.com"));
    }

    private async Task<string> CreateAsync(string userName) => (await scim.PostAsync("/Users", Body(userName))).Text("id");

    private static string Body(string userName) =>
        $$"""{"schemas":["{{User}}"],"userName":"{{userName}}","name":{"givenName":"A","familyName":"B"},"emails":[{"primary":true,"value":"{{userName}}","type":"work"}],"active":true}""";

    private static string Patch(params string[] operations) =>
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{string.Join(',', operations)}}]}""";

    private static IEnumerable<string> Ids(JsonNode page) => page["Resources"]!.AsArray().Select(user => user!["id"]!.GetValue<string>());
}

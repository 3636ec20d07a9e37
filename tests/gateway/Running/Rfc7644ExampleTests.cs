using System.Text.Json.Nodes;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>
/// The requests that RFC 7644 prints, over HTTP. Filters, PATCH, projection, bulk and the root have theirs in classes of their own, which
/// name the section too.
/// </summary>
[Collection(RunningGateway.Name)]
public sealed class Rfc7644ExampleTests(RunningGateway running) : IAsyncLifetime, IDisposable
{
    private const string Jensen = """
        {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bjensen","externalId":"bjensen",
         "name":{"formatted":"Ms. Barbara J Jensen III","familyName":"Jensen","givenName":"Barbara"}}
        """;

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
    public async Task Section_3_3_a_user_is_created()
    {
        var created = await scim.SendAsync("POST", "/Users", Jensen, ("Content-Type", "application/scim+json"), ("Accept", "application/scim+json"));

        Assert.Equal((201, "application/scim+json"), (created.Status, created.MediaType));
        var (id, meta) = (created.Text("id"), created.Body!["meta"]!);
        Assert.Equal($"{directory.ScimBaseUrl}/Users/{id}", created.Headers.Location!.OriginalString);
        Assert.Equal(created.Headers.Location.OriginalString, meta["location"]!.GetValue<string>());
        Assert.Equal(created.Headers.ETag!.ToString(), meta["version"]!.GetValue<string>());
        Assert.StartsWith("W/\"", meta["version"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("User", meta["resourceType"]!.GetValue<string>());
        Assert.Equal(meta["created"]!.GetValue<DateTime>(), meta["lastModified"]!.GetValue<DateTime>());
        AssertSays(Jensen, created);
    }

    [Fact]
    public async Task Section_3_4_1_a_known_user_is_read()
    {
        var created = await scim.PostAsync("/Users", Jensen);

        var read = await scim.GetAsync($"/Users/{created.Text("id")}", ("Accept", "application/scim+json"));

        Assert.Equal((200, created.Headers.ETag), (read.Status, read.Headers.ETag));
        Assert.True(JsonNode.DeepEquals(created.Body, read.Body));
    }

    [Fact]
    public async Task Section_3_4_2_a_list_has_of_each_user_what_is_asked_for()
    {
        await scim.PostAsync("/Users", Jensen);
        await scim.PostAsync("/Users", """{"userName":"jsmith"}""");

        var list = (await scim.GetAsync("/Users?attributes=userName")).Body!;

        Assert.Equal("""["urn:ietf:params:scim:api:messages:2.0:ListResponse"]""", list["schemas"]!.ToJsonString());
        Assert.Equal(2, list["totalResults"]!.GetValue<int>());
        var users = list["Resources"]!.AsArray();
        Assert.Equal(["bjensen", "jsmith"], users.Select(user => user!["userName"]!.GetValue<string>()));
        Assert.All(users, user => Assert.Equal(["schemas", "id", "userName"], user!.AsObject().Select(property => property.Key)));
    }

    [Fact]
    public async Task Section_3_4_2_4_a_page_tells_its_place_and_the_total()
    {
        for (var i = 0; i < 12; i++)
        {
            await scim.PostAsync("/Users", $$"""{"userName":"user{{i}}"}""");
        }

        var page = (await scim.GetAsync("/Users?startIndex=1&count=10")).Body!;

        Assert.Equal(
            (12, 10, 1, 10),
            (page["totalResults"]!.GetValue<int>(), page["itemsPerPage"]!.GetValue<int>(), page["startIndex"]!.GetValue<int>(),
                page["Resources"]!.AsArray().Count));
    }

    [Fact]
    public async Task Section_3_5_1_a_user_is_replaced()
    {
        var created = await scim.PostAsync("/Users", Jensen);
        var id = created.Text("id");
        var wanted = $$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"{{id}}","userName":"bjensen","externalId":"bjensen",
             "name":{"formatted":"Ms. Barbara J Jensen III","familyName":"Jensen","givenName":"Barbara","middleName":"Jane"},
             "emails":[{"value":"bjensen@example.com"},{"value":"babs@jensen.org"}]}
            """;
        var body = JsonNode.Parse(wanted)!;
        body["roles"] = new JsonArray();

        var replaced = await scim.SendAsync("PUT", $"/Users/{id}", body.ToJsonString(), ("If-Match", created.Headers.ETag!.ToString()));

        Assert.Equal(200, replaced.Status);
        Assert.Equal($"{directory.ScimBaseUrl}/Users/{id}", replaced.ContentHeaders.ContentLocation!.OriginalString);
        Assert.NotEqual(created.Headers.ETag, replaced.Headers.ETag);
        AssertSays(wanted, replaced);
        Assert.Null(replaced.Body!["roles"]);
    }

    [Fact]
    public async Task Section_3_6_a_user_is_deleted_and_then_not_found()
    {
        var created = await scim.PostAsync("/Users", Jensen);
        var path = $"/Users/{created.Text("id")}";

        var deleted = await scim.SendAsync("DELETE", path, null, ("If-Match", created.Headers.ETag!.ToString()));

        Assert.Equal((204, null), (deleted.Status, deleted.Body));
        (await scim.GetAsync(path)).ScimError(404);
        (await scim.DeleteAsync(path)).ScimError(404);
        Assert.Equal(201, (await scim.PostAsync("/Users", Jensen)).Status);
    }

    [Fact]
    public async Task Section_3_12_a_read_only_attribute_is_named_by_the_error()
    {
        var id = (await scim.PostAsync("/Users", Jensen)).Text("id");

        var refused = await scim.PatchAsync($"/Users/{id}", """
            {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"id","value":"other"}]}
            """);

        Assert.Contains("'id' is read-only", refused.ScimError(400, "mutability"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Section_3_14_a_client_that_has_the_version_is_not_sent_it_again()
    {
        var created = await scim.PostAsync("/Users", Jensen);

        var read = await scim.GetAsync($"/Users/{created.Text("id")}", ("If-None-Match", created.Headers.ETag!.ToString()));

        Assert.Equal((304, null, created.Headers.ETag), (read.Status, read.Body, read.Headers.ETag));
    }

    /// <summary>The answer has all that the text says.</summary>
    private static void AssertSays(string expected, ApiAnswer answer)
    {
        foreach (var (name, value) in JsonNode.Parse(expected)!.AsObject())
        {
            Assert.True(JsonNode.DeepEquals(value, answer.Body![name]), $"{name}: {answer.Body[name]?.ToJsonString()}");
        }
    }
}

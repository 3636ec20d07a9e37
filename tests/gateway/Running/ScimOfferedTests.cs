using System.Text.Json.Nodes;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>What Okta's entitlement discovery reads, in its order (okta-wire §11).</summary>
[Collection(RunningGateway.Name)]
public sealed class ScimOfferedTests(RunningGateway running) : IAsyncLifetime, IDisposable
{
    private const string Role = "urn:okta:scim:schemas:core:1.0:Role";
    private const string Entitlement = "urn:okta:scim:schemas:core:1.0:Entitlement";

    private StackDirectory directory = null!;
    private Api scim = null!;

    public async Task InitializeAsync()
    {
        directory = await running.Stack.CreateDirectoryAsync();
        scim = new Api(directory.ScimBaseUrl, $"Bearer {directory.Token}");
        await running.PostAsync("/roles", """{"slug": "offered-first", "name": "First Role", "description": "The first", "priority": 9}""");
        await running.PostAsync("/roles", """{"slug": "offered-second", "priority": 8}""");
        await running.PostAsync("/roles", """{"slug": "not-offered", "assignable": false}""");
        await running.PostAsync("/roles", """{"slug": "not-offered-protected", "protected": true}""");
        await running.PostAsync("/roles", """{"slug": "offered-license", "name": "License", "entitlement": true}""");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => scim.Dispose();

    [Fact]
    public async Task Resource_types_and_schemas_lead_to_the_lists()
    {
        var types = Resources(await scim.GetAsync("/ResourceTypes"));
        var role = types.Single(type => Text(type, "id") == "Role");
        Assert.Equal(("Role", "/Roles", Role), (Text(role, "name"), Text(role, "endpoint"), Text(role, "schema")));
        Assert.Equal($"{directory.ScimBaseUrl}/ResourceTypes/Role", Text(role["meta"]!, "location"));
        Assert.Equal(Entitlement, Text(types.Single(type => Text(type, "endpoint") == "/Entitlements"), "schema"));
        Assert.Equal((200, "/Roles"), ((await scim.GetAsync("/ResourceTypes/Role")).Status, (await scim.GetAsync("/ResourceTypes/Role")).Text("endpoint")));

        var schemas = Resources(await scim.GetAsync("/Schemas")).Select(schema => Text(schema, "id")).ToList();
        Assert.Contains(Role, schemas);
        Assert.Contains(Entitlement, schemas);
        Assert.Equal(200, (await scim.GetAsync($"/Schemas/{Role}")).Status);
    }

    [Fact]
    public async Task What_is_assignable_is_listed_and_nothing_else()
    {
        var all = await scim.GetAsync("/Roles?startIndex=1&count=100");
        var ids = Resources(all).Select(role => Text(role, "id")).ToList();
        Assert.Equal(ids.Count, all.Body!["totalResults"]!.GetValue<int>());
        Assert.Contains("offered-second", ids);
        Assert.DoesNotContain("not-offered", ids);
        Assert.DoesNotContain("not-offered-protected", ids);
        Assert.DoesNotContain("offered-license", ids);

        // The conformance suite: one item per page, and itemsPerPage says so.
        var first = await scim.GetAsync("/Roles?count=1&startIndex=1");
        Assert.Equal(1, first.Body!["itemsPerPage"]!.GetValue<int>());
        Assert.Equal(ids[0], Text(Assert.Single(Resources(first)), "id"));
        Assert.Empty(Resources(await scim.GetAsync("/Roles?startIndex=1000")));

        var role = await scim.GetAsync("/Roles/offered-first");
        Assert.Equal((Role, "First Role", "The first"), (role.Body!["schemas"]![0]!.GetValue<string>(), role.Text("displayName"), role.Text("description")));
        var entitlement = Assert.Single(Resources(await scim.GetAsync("/Entitlements")), item => Text(item, "id") == "offered-license");
        Assert.Equal(("License", "Entitlement"), (Text(entitlement, "displayName"), Text(entitlement, "type")));
    }

    [Fact]
    public async Task What_cannot_be_done_is_said()
    {
        (await scim.GetAsync("/Roles/not-offered")).ScimError(404);
        Assert.Contains("offered to be assigned", (await scim.GetAsync("/Roles/offered-license")).ScimError(404), StringComparison.Ordinal);
        (await scim.GetAsync("/Roles?filter=id%20eq%20%5B")).ScimError(400, "invalidFilter");
        (await scim.GetAsync("/Roles?filter=meta.created%20co%20%22x%22")).ScimError(400, "invalidFilter");
        (await scim.GetAsync("/Roles?sortBy=meta")).ScimError(400, "invalidPath");
        (await scim.GetAsync("/Roles?cursor=nonsense")).ScimError(400, "invalidCursor");
        foreach (var (method, path) in new[]
        {
            ("POST", "/Roles"), ("PUT", "/Roles/offered-first"), ("PATCH", "/Roles/offered-first"), ("DELETE", "/Entitlements/offered-license"),
        })
        {
            var refused = await scim.SendAsync(method, path, method == "DELETE" ? null : "{}");
            Assert.Contains("can be read only", refused.ScimError(405), StringComparison.Ordinal);
            Assert.Equal(["GET", "HEAD"], refused.ContentHeaders.Allow);
        }
    }

    [Theory]
    [InlineData("id eq \"offered-first\"", "offered-first")]
    [InlineData("id eq \"OFFERED-FIRST\"", "")]
    [InlineData("displayName eq \"first ROLE\"", "offered-first")]
    [InlineData("displayName sw \"offered-s\" and not (description pr)", "offered-second")]
    [InlineData("description co \"FIRST\"", "offered-first")]
    [InlineData("externalId pr and id sw \"offered\"", "")]
    [InlineData("schemas eq \"urn:okta:scim:schemas:core:1.0:Role\" and id sw \"offered-f\"", "offered-first")]
    [InlineData("meta.resourceType eq \"Role\" and meta.version eq \"W/\\\"1\\\"\" and id sw \"offered-s\"", "offered-second")]
    [InlineData("meta.created gt \"2001-01-01T00:00:00Z\" and meta.lastModified lt \"2001-01-01T00:00:00Z\"", "")]
    [InlineData("unknown eq \"x\"", "")]
    [InlineData("displayName eq \"License\"", "")]
    public async Task Roles_are_filtered_as_users_and_groups_are(string filter, string ids)
    {
        var found = await scim.GetAsync($"/Roles?filter={Uri.EscapeDataString(filter)}");

        Assert.Equal(ids.Split(' ', StringSplitOptions.RemoveEmptyEntries), Resources(found).Select(role => Text(role, "id")));
        Assert.Equal(ids.Length > 0 ? 1 : 0, found.Body!["totalResults"]!.GetValue<int>());
        var searched = await scim.PostAsync("/Roles/.search", new JsonObject { ["filter"] = filter }.ToJsonString());
        Assert.Equal(found.Body.ToJsonString(), searched.Body!.ToJsonString());
    }

    [Fact]
    public async Task Roles_are_sorted_paged_and_projected()
    {
        const string offered = "filter=id%20sw%20%22offered%22&";
        string[] IdsOf(ApiAnswer answer) => [.. Resources(answer).Select(role => Text(role, "id"))];
        Assert.Equal(["offered-first", "offered-second"], IdsOf(await scim.GetAsync($"/Roles?{offered}sortBy=displayName")));
        Assert.Equal(["offered-second", "offered-first"], IdsOf(await scim.GetAsync($"/Roles?{offered}sortBy=displayName&sortOrder=descending")));
        // Who has none comes last, or first if descending.
        Assert.Equal(["offered-first", "offered-second"], IdsOf(await scim.GetAsync($"/Roles?{offered}sortBy=description")));
        Assert.Equal(["offered-second", "offered-first"], IdsOf(await scim.GetAsync($"/Roles?{offered}sortBy=description&sortOrder=descending")));
        foreach (var sort in (string[])["", "sortBy=description&", "sortBy=meta.created&sortOrder=descending&", "sortBy=id&"])
        {
            var all = IdsOf(await scim.GetAsync($"/Roles?{sort}count=1000"));
            var paged = new List<string>();
            for (var cursor = ""; ;)
            {
                var page = await scim.GetAsync($"/Roles?{sort}count=1&cursor={cursor}");
                paged.AddRange(IdsOf(page));
                if (page.Body!["nextCursor"] is not { } next)
                {
                    break;
                }

                cursor = next.GetValue<string>();
            }

            Assert.Equal(all, paged);
        }

        Assert.Equal(["offered-second"], IdsOf(await scim.GetAsync($"/Roles?{offered}sortBy=id&startIndex=2&count=1")));
        Assert.Empty(IdsOf(await scim.GetAsync($"/Roles?{offered}count=0")));

        var narrow = await scim.GetAsync("/Roles/offered-first?attributes=displayName");
        Assert.Equal(["schemas", "id", "displayName"], narrow.Body!.AsObject().Select(property => property.Key));
        var without = Resources(await scim.GetAsync($"/Roles?{offered}excludedAttributes=displayName,meta"))[0];
        Assert.Equal(["schemas", "id", "description"], without.AsObject().Select(property => property.Key));
    }

    [Fact]
    public async Task An_ETag_spares_what_is_known()
    {
        var slug = $"tagged-{Guid.NewGuid():n}";
        await running.PostAsync("/roles", $$"""{"slug": "{{slug}}"}""");
        var role = await scim.GetAsync($"/Roles/{slug}");
        Assert.Equal(("W/\"1\"", "W/\"1\""), (role.Headers.ETag!.ToString(), Text(role.Body!["meta"]!, "version")));
        Assert.NotNull(role.Body["meta"]!["lastModified"]);
        Assert.Equal(304, (await scim.GetAsync($"/Roles/{slug}", ("If-None-Match", "W/\"1\""))).Status);

        (await running.SendAsync("PATCH", $"/roles/{slug}", """{"name": "Renamed"}""")).Expect(200);
        Assert.Equal("W/\"2\"", (await scim.GetAsync($"/Roles/{slug}", ("If-None-Match", "W/\"1\""))).Headers.ETag!.ToString());
        Assert.Single(Resources(await scim.GetAsync("/Roles?filter=displayName%20eq%20%22renamed%22")));
        (await running.SendAsync("DELETE", $"/roles/{slug}")).Expect(204);
        (await scim.GetAsync($"/Roles/{slug}")).ScimError(404);
    }

    private static List<JsonNode> Resources(ApiAnswer answer)
    {
        Assert.Equal(200, answer.Status);
        return [.. answer.Body!["Resources"]!.AsArray().Select(resource => resource!)];
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}

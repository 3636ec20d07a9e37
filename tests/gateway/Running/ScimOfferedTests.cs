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
        (await scim.GetAsync("/Roles?filter=id%20eq%20%22x%22")).ScimError(400, "invalidFilter");
        (await scim.PostAsync("/Roles", "{}")).ScimError(405);
    }

    private static List<JsonNode> Resources(ApiAnswer answer)
    {
        Assert.Equal(200, answer.Status);
        return [.. answer.Body!["Resources"]!.AsArray().Select(resource => resource!)];
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}

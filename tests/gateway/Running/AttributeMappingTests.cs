using System.Text.Json.Nodes;
using DirectorySync.Kit;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>What an administrator does about attributes that Okta sends.</summary>
[Collection(RunningGateway.Name)]
public sealed class AttributeMappingTests(RunningGateway gateway)
{
    private const string Enterprise = SchemaUrns.EnterpriseUser;

    [Fact]
    public async Task While_attributes_are_not_mapped_the_other_problems_of_a_directory_are_listed()
    {
        var directory = await gateway.CreateDirectoryAsync(await gateway.CreateOrganizationAsync());
        await gateway.Stack.StopAsync("attribute-mapping");
        try
        {
            var problems = (await gateway.GetAsync($"/directories/{directory}/problems")).Expect(200).Data;
            Assert.Contains("ATTRIBUTE_PROBLEMS_UNKNOWN", problems.Select(problem => problem.GetProperty("code").GetString()));
        }
        finally
        {
            await gateway.Stack.StartAgainAsync("attribute-mapping");
        }
    }

    [Fact]
    public async Task A_wrong_date_is_listed_with_its_remedy_and_heals()
    {
        var directory = await gateway.Stack.CreateDirectoryAsync("DX");
        using var okta = directory.Client();
        await EnableAsync("employment_start_date");
        var bob = await CreateAsync(okta, "bob", "\"start_date\":\"01.03.2024\"");

        var problem = (await ProfileAsync(directory.Id, bob, p => p["problems"]!.AsArray().Count > 0))["problems"]![0]!;
        Assert.Equal(("VALUE_INVALID", "01.03.2024"), ((string?)problem["code"], (string?)problem["value"]));
        Assert.Single((await GetAsync($"/directories/{directory.Id}/attribute_problems?attribute=employment_start_date"))["data"]!.AsArray());

        var listed = (await GetAsync($"/directories/{directory.Id}/problems"))["data"]!.AsArray().Single(p => (string?)p!["code"] == "VALUE_INVALID")!;
        Assert.Equal((bob, "employment_start_date"), ((string?)listed["resource_id"], (string?)listed["attribute"]));
        Assert.Contains("Profile Editor", (string?)listed["remedy"], StringComparison.Ordinal);

        var patched = await okta.PatchOperationsAsync($"Users/{bob}", """{"op":"replace","value":{"start_date":"2024-03-01"}}""");
        Assert.Equal(200, patched.Code);
        await ProfileAsync(directory.Id, bob, p => (string?)p["custom_attributes"]!["employment_start_date"] == "2024-03-01");
        Assert.Empty((await GetAsync($"/directories/{directory.Id}/attribute_problems"))["data"]!.AsArray());
    }

    [Fact]
    public async Task Custom_attributes_are_defined_advertised_mapped_previewed_and_diagnosed()
    {
        var name = $"badge_{Guid.NewGuid():n}";
        (await gateway.PostAsync("/attribute_definitions", $$"""{"name":"{{name}}","type":"string","required":true}""")).Expect(201);
        var directory = await gateway.Stack.CreateDirectoryAsync("WorkOS");
        using var okta = directory.Client();
        await Eventually.True(async () => (await okta.GetAsync("Schemas")).Body!["Resources"]!.AsArray().Any(schema =>
            (string?)schema!["id"] == SchemaUrns.CustomUser
                && schema["attributes"]!.AsArray().Any(attribute => (string?)attribute!["name"] == name)));
        Assert.Contains(SchemaUrns.CustomUser, (await okta.GetAsync("ResourceTypes")).Body!.ToJsonString(), StringComparison.Ordinal);

        var ada = await CreateAsync(okta, "ada", $$"""
            "{{SchemaUrns.CustomUser}}":{"{{name}}":"B-1"},"{{Enterprise}}":{"costCenter":" cc-9 "}
            """);
        await ProfileAsync(directory.Id, ada, p => (string?)p["custom_attributes"]![name] == "B-1");

        var rules = $$"""
            {"rules":[{"attribute":"{{name}}","paths":["{{Enterprise}}:costCenter"],"transforms":[{"type":"trim"},{"type":"prefix","text":"C-"}]}]}
            """;
        var preview = JsonNode.Parse((await gateway.PostAsync($"/directories/{directory.Id}/attribute_mapping/preview", rules)).Expect(200).Body)!;
        Assert.Equal((1, 1), ((int)preview["user_count"]!, (int)preview["changed_count"]!));
        Assert.Equal("C-cc-9", (string?)preview["examples"]![0]!["after"]!["custom_attributes"]![name]);
        Assert.Equal("B-1", (string?)(await GetAsync($"/directories/{directory.Id}/profiles/{ada}"))["custom_attributes"]![name]);

        (await gateway.SendAsync("PUT", $"/directories/{directory.Id}/attribute_mapping", rules)).Expect(200);
        await ProfileAsync(directory.Id, ada, p => (string?)p["custom_attributes"]![name] == "C-cc-9");
        Assert.Equal("up_to_date", (string?)(await GetAsync($"/directories/{directory.Id}/attribute_mapping/recomputation"))["state"]);
        var diagnosis = (await GetAsync($"/directories/{directory.Id}/attribute_mapping/diagnosis?attribute={name}"))["data"]![0]!;
        Assert.Equal("in_use", (string?)diagnosis["code"]);
        Assert.Contains($"{Enterprise}:costCenter", (await gateway.GetAsync($"/directories/{directory.Id}/attributes")).Expect(200).Body,
            StringComparison.Ordinal);

        (await gateway.SendAsync("POST", $"/directories/{directory.Id}/attribute_mapping/undo")).Expect(200);
        await ProfileAsync(directory.Id, ada, p => (string?)p["custom_attributes"]![name] == "B-1");
        Assert.Equal(2, (await GetAsync($"/directories/{directory.Id}/attribute_mapping/versions"))["data"]!.AsArray().Count);
        (await gateway.SendAsync("PUT", $"/directories/{directory.Id}/attribute_mapping",
            $$"""{"rules":[{"attribute":"{{name}}","paths":["emails[nonsense"]}]}""")).Expect(422);
        (await gateway.SendAsync("DELETE", $"/attribute_definitions/{name}")).Expect(204);
    }

    [Fact]
    public async Task A_policy_that_is_switched_on_afterwards_refuses_what_differs_but_never_a_deactivation()
    {
        var directory = await gateway.Stack.CreateDirectoryAsync("Dagster+");
        using var okta = directory.Client();
        var body = User("ada", "").Replace("ada@acme.com\",\"type", "other@acme.com\",\"type", StringComparison.Ordinal);
        var ada = (await okta.PostAsync("Users", body)).Id;
        (await gateway.SendAsync("PATCH", $"/directories/{directory.Id}", """{"policies":{"email_equals_user_name":true}}""")).Expect(200);

        var refused = await okta.PutAsync($"Users/{ada}", body.Replace("Lovelace", "King", StringComparison.Ordinal));
        Assert.InRange(refused.Code, 400, 409);
        Assert.Contains("userName", (string?)refused.Body!["detail"], StringComparison.Ordinal);

        Assert.Equal(200, (await okta.PutAsync($"Users/{ada}", body.Replace("\"active\":true", "\"active\":false", StringComparison.Ordinal))).Code);
        var profile = await ProfileAsync(directory.Id, ada, p => (string?)p["state"] == "inactive");
        Assert.Equal("other@acme.com", (string?)profile["email"]);
    }

    private static string User(string name, string more) => $$"""
        {"schemas":["{{SchemaUrns.User}}"],"userName":"{{name}}@acme.com","name":{"givenName":"Ada","familyName":"Lovelace"},
         "emails":[{"primary":true,"value":"{{name}}@acme.com","type":"work"}],"active":true{{(more.Length > 0 ? "," : "")}}{{more}}}
        """;

    private static async Task<string> CreateAsync(ScimClient okta, string name, string more)
    {
        var created = await okta.PostAsync("Users", User(name, more));
        Assert.Equal(201, created.Code);
        return created.Id;
    }

    private async Task EnableAsync(string attribute) =>
        (await gateway.SendAsync("PATCH", $"/attribute_definitions/{attribute}", """{"enabled":true}""")).Expect(200);

    private async Task<JsonNode> GetAsync(string path) => JsonNode.Parse((await gateway.GetAsync(path)).Expect(200).Body)!;

    private async Task<JsonNode> ProfileAsync(string directoryId, string userId, Func<JsonNode, bool> condition) => (await Eventually.Get(
        async () =>
        {
            var answer = await gateway.GetAsync($"/directories/{directoryId}/profiles/{userId}");
            return (int)answer.Status == 200 ? JsonNode.Parse(answer.Body) : null;
        },
        profile => profile is not null && condition(profile), what: "the profile follows"))!;
}

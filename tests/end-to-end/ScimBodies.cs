using System.Text.Json;
using System.Text.Json.Nodes;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Bodies in Okta's shapes (okta-wire.md, sections 4 and 10).</summary>
internal static class ScimBodies
{
    public const string UserSchema = "urn:ietf:params:scim:schemas:core:2.0:User";

    public static string User(
        string userName, string? email = null, string title = "", bool active = true, string? password = null, string familyName = "User")
    {
        var user = new JsonObject
        {
            ["schemas"] = new JsonArray(UserSchema),
            ["userName"] = userName,
            ["name"] = new JsonObject { ["givenName"] = "Test", ["familyName"] = familyName },
            ["emails"] = new JsonArray(new JsonObject { ["primary"] = true, ["value"] = email ?? userName, ["type"] = "work" }),
            ["title"] = title,
            ["groups"] = new JsonArray(),
            ["active"] = active,
        };
        if (password is not null)
        {
            user["password"] = password;
        }

        return user.ToJsonString();
    }

    public static string Group(string displayName, params IEnumerable<string> members) => new JsonObject
    {
        ["schemas"] = new JsonArray("urn:ietf:params:scim:schemas:core:2.0:Group"),
        ["displayName"] = displayName,
        ["members"] = new JsonArray([.. members.Select(Member)]),
    }.ToJsonString();

    public static string Patch(params string[] operations) =>
        $$"""{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{{string.Join(',', operations)}}]}""";

    public static string Add(params IEnumerable<string> members) =>
        $$"""{"op":"add","path":"members","value":{{new JsonArray([.. members.Select(Member)]).ToJsonString()}}}""";

    public static string Remove(string member) => $$"""{"op":"remove","path":"members[value eq \"{{member}}\"]"}""";

    /// <summary>Without a path, as Okta sends attributes of users and the names of groups.</summary>
    public static string Replace(JsonObject value) => $$"""{"op":"replace","value":{{value.ToJsonString()}}}""";

    public static string Active(bool active) => Replace(new() { ["active"] = active });

    public static string Quote(string text) => JsonSerializer.Serialize(text);

    private static JsonNode Member(string id) => new JsonObject { ["value"] = id, ["display"] = id + "@okta.local" };
}

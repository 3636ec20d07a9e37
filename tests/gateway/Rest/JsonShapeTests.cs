using System.Buffers;
using System.Text.Json;
using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Tests.Rest;

/// <summary>The shapes of the published contract, and that a secret is in no other answer than the one that creates it.</summary>
public sealed class JsonShapeTests
{
    private static readonly Timestamp Time = new() { Seconds = 1768478400, Nanos = 5_000_000 };

    private static readonly Directory Sample = new()
    {
        Id = "directory", OrganizationId = "organization", Name = "Acme", Provider = Provider.Okta, State = DirectoryState.Active,
        EndpointKey = "key", CreateTime = Time, UpdateTime = Time, UserCounts = new() { Active = 2, Inactive = 1 },
    };

    [Fact]
    public void An_organization_has_all_that_the_contract_requires()
    {
        var organization = new Organization { Id = "organization", Name = "Acme", CreateTime = Time, UpdateTime = Time };
        organization.Domains.Add(new OrganizationDomain { Id = "domain", Domain = "acme.com", CreateTime = Time, UpdateTime = Time });
        organization.Domains.Add(new OrganizationDomain { Id = "other", Domain = "acme.org", Verified = true, CreateTime = Time, UpdateTime = Time });
        organization.Metadata["tier"] = "diamond";

        var json = Write(writer => OrganizationJson.Write(writer, organization));

        Require(json, "object", "id", "name", "domains", "metadata", "external_id", "created_at", "updated_at");
        Assert.Equal("organization", Text(json, "object"));
        Assert.Equal(JsonValueKind.Null, json.GetProperty("external_id").ValueKind);
        Assert.Equal("2026-01-15T12:00:00.005Z", Text(json, "created_at"));
        Assert.Equal("diamond", Text(json.GetProperty("metadata"), "tier"));
        var domains = json.GetProperty("domains").EnumerateArray().ToList();
        Assert.All(domains, domain => Require(domain, "object", "id", "organization_id", "domain", "created_at", "updated_at"));
        Assert.Equal(["pending", "verified"], domains.Select(domain => Text(domain, "state")));
    }

    [Fact]
    public void A_directory_has_all_that_the_contract_requires()
    {
        var json = Write(writer => DirectoryJson.Write(writer, Sample, "https://sync.example.com/scim/v2/key", 3));

        Require(json, "object", "id", "organization_id", "external_key", "type", "state", "name", "created_at", "updated_at", "metadata");
        Assert.Equal(("directory", "key", "okta scim v2.0", "unlinked", "active"),
            (Text(json, "object"), Text(json, "external_key"), Text(json, "type"), Text(json, "state"), Text(json, "delivery")));
        Assert.Equal("https://sync.example.com/scim/v2/key", Text(json, "scim_base_url"));
        var counts = json.GetProperty("metadata");
        Assert.Equal((2, 1, 3), (
            counts.GetProperty("users").GetProperty("active").GetInt32(),
            counts.GetProperty("users").GetProperty("inactive").GetInt32(),
            counts.GetProperty("groups").GetInt32()));
    }

    [Fact]
    public void Counts_that_are_not_known_are_left_out() =>
        Assert.False(Write(writer => DirectoryJson.Write(writer, Sample, "", null)).TryGetProperty("metadata", out _));

    [Theory]
    [InlineData(DirectoryState.Active, ConnectionState.NeverContacted, "unlinked", "active")]
    [InlineData(DirectoryState.Preview, ConnectionState.Tested, "validating", "preview")]
    [InlineData(DirectoryState.Paused, ConnectionState.Connected, "linked", "paused")]
    [InlineData(DirectoryState.Disabled, ConnectionState.FailingCredentials, "invalid_credentials", "disabled")]
    [InlineData(DirectoryState.Deleting, ConnectionState.Connected, "deleting", "deleting")]
    public void The_state_says_what_was_seen_and_the_delivery_what_is_done(
        DirectoryState state, ConnectionState connection, string expectedState, string expectedDelivery)
    {
        var directory = Sample.Clone();
        directory.State = state;
        directory.Connection = new() { State = connection };

        var json = Write(writer => DirectoryJson.Write(writer, directory, "", 0));

        Assert.Equal((expectedState, expectedDelivery), (Text(json, "state"), Text(json, "delivery")));
    }

    [Theory]
    [InlineData(Provider.Okta, true)]
    [InlineData(Provider.Generic, true)]
    [InlineData(Provider.Entra, false)]
    public void Policies_are_shown_as_they_are_in_effect(Provider provider, bool uniqueGroupNames)
    {
        var directory = Sample.Clone();
        directory.Provider = provider;

        var policies = Write(writer => PolicyJson.Write(writer, directory));

        Assert.Equal(DirectoryPolicies.Descriptor.Fields.InDeclarationOrder().Select(field => field.Name),
            policies.EnumerateObject().Select(policy => policy.Name));
        Assert.Equal((uniqueGroupNames, 100, 500, "warn"), (
            policies.GetProperty("unique_group_names").GetBoolean(), policies.GetProperty("rate_limit").GetInt32(),
            policies.GetProperty("rate_limit_burst").GetInt32(), Text(policies, "email_domains")));
    }

    [Fact]
    public void Only_the_given_policies_are_changed()
    {
        var body = RestBody.Parse(JsonDocument.Parse("""{"policies": {"rate_limit": 5, "unique_group_names": null}}""").RootElement, "policies");
        var policies = new DirectoryPolicies();
        List<string> mask = [];

        PolicyJson.Read(body, policies, mask);
        body.Check();

        Assert.Equal(["policies.unique_group_names", "policies.rate_limit"], mask);
        Assert.Equal((5, false), (policies.RateLimit, policies.HasUniqueGroupNames));
    }

    [Fact]
    public void A_token_is_shown_once()
    {
        var token = new ScimToken { Id = "token", DirectoryId = "directory", Name = "Okta", Suffix = "abcd", CreateTime = Time };
        string[] always =
        [
            "object", "id", "directory_id", "organization_id", "name", "token_suffix", "created_at", "expires_at", "last_used_at", "revoked_at",
        ];

        var created = Write(writer => TokenEndpoints.Write(writer, Sample, token, "scim_secret"));
        var listed = Write(writer => TokenEndpoints.Write(writer, Sample, token, null));

        Assert.Equal("scim_secret", Text(created, "token"));
        Assert.Equal(always.Append("token").Order(), created.EnumerateObject().Select(field => field.Name).Order());
        Assert.Equal(always.Order(), listed.EnumerateObject().Select(field => field.Name).Order());
    }

    [Fact]
    public void An_api_key_is_shown_once()
    {
        var key = new ApiKey { Id = "key", Name = "CI", Scopes = { ApiKeyScope.Read, ApiKeyScope.Admin }, Suffix = "abcd", CreateTime = Time };

        var created = Write(writer => ApiKeyEndpoints.Write(writer, key, "sk_secret"));
        var listed = Write(writer => ApiKeyEndpoints.Write(writer, key, null));

        Assert.Equal("sk_secret", Text(created, "key"));
        Assert.False(listed.TryGetProperty("key", out _));
        Assert.Equal(["read", "admin"], listed.GetProperty("scopes").EnumerateArray().Select(scope => scope.GetString()!));
    }

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(1, 1, null)]
    [InlineData(1, 0, "USERS_BUT_NO_GROUPS")]
    public void Users_without_any_group_are_a_problem_with_a_remedy(long users, long groups, string? code)
    {
        var directory = Sample.Clone();
        directory.UserCounts = new() { Active = users };

        var problem = DirectoryProblems.FindMissingGroups(directory, groups);

        Assert.Equal(code, problem?.Code);
        Assert.True(problem is null || problem.Remedy.Contains("Push Groups tab", StringComparison.Ordinal));
    }

    private static JsonElement Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return JsonDocument.Parse(buffer.WrittenMemory).RootElement;
    }

    private static void Require(JsonElement json, params string[] fields) =>
        Assert.Empty(fields.Except(json.EnumerateObject().Select(field => field.Name)));

    private static string? Text(JsonElement json, string field) => json.GetProperty(field).GetString();
}

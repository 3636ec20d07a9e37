using System.Diagnostics;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Kit;
using DirectorySync.Roles.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>From Okta's requests to roles, asked by a program of the vendor through the gateway.</summary>
[Collection(SharedSystem.Name)]
public sealed class RolesTests(SharedSystem system)
{
    private RoleService.RoleServiceClient Roles => new(system.Channel());

    private RoleRulesService.RoleRulesServiceClient Rules => new(system.Channel());

    private UserRolesService.UserRolesServiceClient Users => new(system.Channel());

    // okta-wire §§4, 6, 8, 10: assign, push, rename, deactivate, reactivate, remove.
    [Fact]
    public async Task Pushed_groups_become_roles_and_deactivation_takes_them_in_one_change()
    {
        await CreateRolesAsync();
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        await SetRulesAsync(directory, new RoleRule { Role = "e2e-admin", GroupName = "IT Admins" });
        var user = await scim.CreateUserAsync("ada@example.com");
        await UntilAsync(directory, user, "e2e-member");

        var group = await scim.CreateGroupAsync("IT Admins");
        await scim.PatchAsync("/Groups/" + group, ScimBodies.Add(user));
        await UntilAsync(directory, user, "e2e-admin");
        var why = await Users.GetUserRolesExplanationAsync(new() { DirectoryId = directory.Id, UserId = user }, system.Headers());
        Assert.Equal("e2e-admin, because of group \"IT Admins\"; default role not used", why.Summary);

        await using var feed = await FeedReader.StartAsync(system, "roles");
        var deactivated = await scim.PatchAsync("/Users/" + user, ScimBodies.Active(false));
        var version = Version(deactivated.Expect(200));
        var check = await CheckAsync(directory, user, "e2e-admin", version);
        Assert.False(check.Allowed);
        await feed.ReadUntilAsync(change => change.ResourceId == user && change.Resource.Unpack<UserRoles>().UserVersion == version);
        var told = Assert.Single(feed.Changes, change => change.ResourceId == user).Resource.Unpack<UserRoles>();
        Assert.Equal((false, 0), (told.Active, told.Roles.Count));

        await scim.PatchAsync("/Groups/" + group, ScimBodies.Replace(new() { ["id"] = group, ["displayName"] = "Renamed" }));
        version = Version((await scim.PatchAsync("/Users/" + user, ScimBodies.Active(true))).Expect(200));
        await UntilAsync(directory, user, "e2e-member");
        await SetRulesAsync(directory, new RoleRule { Role = "e2e-admin", GroupId = group });
        await UntilAsync(directory, user, "e2e-admin");
        Assert.True((await CheckAsync(directory, user, "e2e-admin", version)).Allowed);

        (await scim.DeleteAsync("/Groups/" + group)).Expect(204);
        await UntilAsync(directory, user, "e2e-member");
        (await scim.DeleteAsync("/Users/" + user)).Expect(204);
        var gone = await CheckAsync(directory, user, "e2e-member", version + 1);
        Assert.Equal((false, version + 1), (gone.Allowed, gone.AsOf.UserVersion));
    }

    // okta-wire §§5, 11: attributes inside PUT, roles from /Roles.
    [Fact]
    public async Task Attributes_and_roles_assigned_in_Okta_become_roles_and_SCIM_answers_what_was_sent()
    {
        await CreateRolesAsync();
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        await SetRulesAsync(
            directory,
            new RoleRule { Role = "e2e-admin", Attribute = new() { Attribute = "email", Operator = AttributeOperator.Contains, Value = "@IT.example.com" } },
            new RoleRule { Role = "e2e-editor", ScimRole = "writer" });
        Assert.Contains("e2e-editor", (await scim.GetAsync("/Roles?startIndex=1&count=100")).Expect(200).Ids);
        var sent = """
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bob@example.com","name":{"givenName":"B","familyName":"B"},
             "emails":[{"primary":true,"value":"bob@example.com","type":"work"}],"active":true,
             "roles":[{"value":"e2e-editor","display":"Editor"}],"entitlements":[{"value":"unknown","type":"License"}]}
            """;
        var created = (await scim.PostAsync("/Users", sent)).Expect(201);
        await UntilAsync(directory, created.Id, "e2e-editor");
        Assert.Equal("""[{"value":"e2e-editor","display":"Editor"}]""", created.Body["roles"]!.ToJsonString());

        // Okta's PUT: what GET said, with what changed. Roles gone, the address another.
        var body = (await scim.GetAsync("/Users/" + created.Id)).Expect(200).Body.AsObject();
        body.Remove("roles");
        body["emails"]![0]!["value"] = "bob@it.example.com";
        var replaced = (await scim.PutAsync("/Users/" + created.Id, body.ToJsonString())).Expect(200);
        await UntilAsync(directory, created.Id, "e2e-admin");
        Assert.Null(replaced.Body["roles"]);
        Assert.Equal("""[{"value":"unknown","type":"License"}]""", replaced.Body["entitlements"]!.ToJsonString());

        body["emails"]![0]!["value"] = "bob@example.com";
        body["roles"] = System.Text.Json.Nodes.JsonNode.Parse("""["WRITER"]""");
        replaced = (await scim.PutAsync("/Users/" + created.Id, body.ToJsonString())).Expect(200);
        await UntilAsync(directory, created.Id, "e2e-editor");
        Assert.Equal("""["WRITER"]""", replaced.Body["roles"]!.ToJsonString());
    }

    // Whoever says no has seen the loss committed, whichever process committed it.
    [Fact]
    public async Task Once_one_process_says_no_no_other_says_yes()
    {
        await CreateRolesAsync();
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var group = await scim.CreateGroupAsync("Coming and going");
        await SetRulesAsync(directory, new RoleRule { Role = "e2e-admin", GroupId = group });
        var user = await scim.CreateUserAsync("coming@example.com");
        await UntilAsync(directory, user, "e2e-member");
        var request = new CheckRoleRequest { DirectoryId = directory.Id, UserId = user, Role = "e2e-admin" };
        using var one = GrpcChannel.ForAddress(system.Stack.ServiceUrl("roles"));
        using var other = GrpcChannel.ForAddress(system.Stack.ServiceUrl("roles", 1));
        UserRolesService.UserRolesServiceClient[] processes = [new(one), new(other)];
        for (var round = 0; round < 10; round++)
        {
            (await scim.PatchAsync("/Groups/" + group, ScimBodies.Add(user))).Expect(200);
            await AskAsync(until: true);
            var asking = AskAsync(until: false);
            (await scim.PatchAsync("/Groups/" + group, ScimBodies.Remove(user))).Expect(200);
            var answers = await asking;
            var lost = answers.Where(answer => !answer.Allowed).Min(answer => answer.End);
            Assert.DoesNotContain(answers, answer => answer.Allowed && answer.Begin > lost);
        }

        // Both processes at once, and on for a while after the other has said it.
        async Task<List<(long Begin, long End, bool Allowed)>> AskAsync(bool until)
        {
            var missing = processes.Length;
            var answers = await Task.WhenAll(processes.Select(async process =>
            {
                var said = new List<(long Begin, long End, bool Allowed)>();
                var deadline = TimeSpan.FromSeconds(30);
                for (var isSaid = false; Volatile.Read(ref missing) > 0;)
                {
                    var begin = Stopwatch.GetTimestamp();
                    var answer = await process.CheckRoleAsync(request);
                    said.Add((begin, Stopwatch.GetTimestamp(), answer.Allowed));
                    Assert.True(Stopwatch.GetElapsedTime(said[0].Begin) < deadline, "The roles do not follow.");
                    if (answer.Allowed == until && !isSaid)
                    {
                        isSaid = true;
                        Interlocked.Decrement(ref missing);
                    }
                }

                return said;
            }));
            return [.. answers.SelectMany(said => said)];
        }
    }

    private async Task CreateRolesAsync()
    {
        foreach (var (slug, priority) in new[] { ("e2e-admin", 9), ("e2e-editor", 5), ("e2e-member", 1) })
        {
            await Roles.CreateRoleAsync(new() { Role = new() { Slug = slug, Priority = priority }, RequestId = slug }, system.Headers());
        }
    }

    private async Task SetRulesAsync(TestDirectory directory, params RoleRule[] rules) => await Rules.UpdateRoleRulesAsync(
        new() { Rules = new() { DirectoryId = directory.Id, DefaultRole = "e2e-member", Rules = { rules } } }, system.Headers());

    private Task<string?> UntilAsync(TestDirectory directory, string user, string role) => Eventually.Get(
        () => FindAsync(directory, user), found => found == role, what: $"the role is {role}");

    private async Task<string?> FindAsync(TestDirectory directory, string user)
    {
        try
        {
            var found = await Users.ListUserRolesAsync(new() { DirectoryId = directory.Id, UserId = user }, system.Headers());
            return string.Join(' ', found.Roles.Select(role => role.Slug));
        }
        catch (RpcException e) when (e.Reason() is ErrorReason.ResourceNotFound or ErrorReason.NotCaughtUp)
        {
            return null;
        }
    }

    /// <summary>As of the user's ETag, as soon as it is known.</summary>
    private async Task<CheckRoleResponse> CheckAsync(TestDirectory directory, string user, string role, long version)
    {
        var request = new CheckRoleRequest { DirectoryId = directory.Id, UserId = user, Role = role, AtLeast = new() { UserVersion = version } };
        return (await Eventually.Get(
            async () =>
            {
                try
                {
                    return await Users.CheckRoleAsync(request, system.Headers());
                }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
                {
                    return null;
                }
            },
            answer => answer is not null,
            what: "what was answered to Okta has reached roles"))!;
    }

    private static long Version(GatewayAnswer answer) =>
        long.Parse(answer.Version[3..^1], System.Globalization.CultureInfo.InvariantCulture);
}

using DirectorySync.AttributeMapping.V1;
using DirectorySync.Feed.V1;
using DirectorySync.Kit;
using DirectorySync.Roles.V1;
using Google.Protobuf;
using Grpc.Net.Client;
using Npgsql;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>kill -9 of the services between Okta and roles, while users and groups come and rules change.</summary>
[Collection(SingleSystem.Name)]
public sealed class KilledRolesTests(SingleSystem system)
{
    private const int Users = 60;

    [Fact]
    public async Task Nothing_is_lost_and_nothing_is_told_twice()
    {
        using var channel = GrpcChannel.ForAddress(system.Stack.ServiceUrl("roles"));
        var roles = new RoleService.RoleServiceClient(channel);
        var rules = new RoleRulesService.RoleRulesServiceClient(channel);

        // Keeps what is told from being pruned.
        await new ChangeFeedService.ChangeFeedServiceClient(channel).RegisterConsumerAsync(new() { Consumer = "test" });
        await roles.CreateRoleAsync(new() { Role = new() { Slug = "top", Priority = 2 } });
        await roles.CreateRoleAsync(new() { Role = new() { Slug = "basic", Priority = 1 } });
        var directory = await system.CreateDirectoryAsync();
        var scim = directory.Scim();
        var group = await scim.CreateGroupAsync("Top");
        await rules.UpdateRoleRulesAsync(new() { Rules = new() { DirectoryId = directory.Id, DefaultRole = "basic" } });

        var users = new List<string>();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; i < Users; i++)
            {
                users.Add(await scim.CreateUserAsync($"killed{i}@example.com"));
                (await scim.PatchAsync("/Groups/" + group, ScimBodies.Add(users[i]))).Expect(200, 204);
                if (i % 3 == 0)
                {
                    (await scim.PatchAsync("/Users/" + users[i], ScimBodies.Active(false))).Expect(200);
                }
            }
        });
        foreach (var service in (string[])["roles", "attribute-mapping", "group-membership", "roles"])
        {
            await system.Stack.KillAsync(service);
            await system.Stack.StartAgainAsync(service);
        }

        await rules.UpdateRoleRulesAsync(new()
        {
            Rules = new() { DirectoryId = directory.Id, DefaultRole = "basic", Rules = { new RoleRule { Role = "top", GroupId = group } } },
        });
        await system.Stack.KillAsync("roles");
        await system.Stack.StartAgainAsync("roles");
        await writing;

        var told = await Eventually.Get(
            () => ReadToldAsync(directory.Id),
            all => users.Index().All(user => all.TryGetValue(user.Item, out var of) && IsRight(of[^1], user.Index)),
            TimeSpan.FromSeconds(60),
            "every user has its role");
        foreach (var user in told.Values)
        {
            // Versions rise, and none says what the one before said.
            Assert.Equal(user.Select(t => t.Version).Order().Distinct(), user.Select(t => t.Version));
            Assert.All(user.Zip(user.Skip(1)), pair => Assert.False(
                pair.First.UserVersion == pair.Second.UserVersion && pair.First.Active == pair.Second.Active
                && pair.First.Roles.Equals(pair.Second.Roles), "told twice"));
        }
    }

    [Fact]
    public async Task It_goes_on_where_it_was_with_a_rule_for_many()
    {
        const int many = 10_000;
        using var channel = GrpcChannel.ForAddress(system.Stack.ServiceUrl("roles"));
        // Keeps what is told from being pruned.
        await new ChangeFeedService.ChangeFeedServiceClient(channel).RegisterConsumerAsync(new() { Consumer = "test" });
        await new RoleService.RoleServiceClient(channel).CreateRoleAsync(new() { Role = new() { Slug = "everybody" } });
        var directory = await system.CreateDirectoryAsync();
        await system.TellAsync("attribute-mapping", directory.Id, many, new Profile { UserVersion = 1, Active = true });
        await Eventually.True(() => system.IsAsync("roles", ToldTimes(directory.Id, many, 1)));

        await new RoleRulesService.RoleRulesServiceClient(channel).UpdateRoleRulesAsync(new()
        {
            Rules = new() { DirectoryId = directory.Id, DefaultRole = "everybody" },
        });
        var isUnderWay = $"""
            select after_user_id <> '' and finish_time is null and rules_version = 1 from recomputations where directory_id = '{directory.Id}'
            union all select false limit 1
            """;
        await system.KillWhileAsync("roles", isUnderWay);
        await Eventually.True(() => system.IsAsync("roles", $"""
            select finish_time is not null and (done, total, changed) = ({many}, {many}, {many}) from recomputations
            where directory_id = '{directory.Id}'
            """));
        Assert.True(await system.IsAsync("roles", ToldTimes(directory.Id, many, 2)));
        Assert.True(await system.IsAsync(
            "roles", $"select count(*) = {many} from role_users where directory_id = '{directory.Id}' and role = 'everybody'"));
    }

    private static string ToldTimes(string directoryId, int users, int times) => $"""
        select count(*) = {users} and bool_and(of = {times}) from (
          select count(*) as of from changes where directory_id = '{directoryId}' group by resource_id) told
        """;

    private static bool IsRight(UserRoles roles, int i) => i % 3 == 0
        ? roles is { Active: false, UserVersion: 2, Roles.Count: 0 }
        : roles is { Active: true, UserVersion: 1, Roles: [{ Slug: "top" }] };

    private async Task<Dictionary<string, List<UserRoles>>> ReadToldAsync(string directoryId)
    {
        await using var connection = new NpgsqlConnection(system.Stack.AdminConnectionString("roles"));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select resource from changes where directory_id = $1 order by id", connection)
        {
            Parameters = { new() { Value = directoryId } },
        };
        var told = new List<UserRoles>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            told.Add(UserRoles.Parser.ParseFrom(ByteString.CopyFrom(reader.GetFieldValue<byte[]>(0))));
        }

        return told.GroupBy(roles => roles.UserId).ToDictionary(user => user.Key, user => user.ToList());
    }
}

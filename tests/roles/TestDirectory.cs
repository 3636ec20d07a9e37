using DirectorySync.AttributeMapping.V1;
using DirectorySync.Chassis.Feed;
using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Roles.Tests;

/// <summary>A directory, and what the other services tell of it.</summary>
internal sealed class TestDirectory(RolesHost host, string id, string organizationId)
{
    public string Id => id;

    public string OrganizationId => organizationId;

    public Task TellAsync(DirectoryState state)
    {
        var directory = new Directory { Id = id, OrganizationId = organizationId, State = state, Version = host.NextVersion() };
        return host.ApplyAsync("identity", [FeedImage.Of(id, Directory.Descriptor.FullName, id, directory.Version, directory.ToByteArray())]);
    }

    public Change Profile(string userId, Action<Profile>? with = null, bool deleted = false, long? version = null)
    {
        var profile = new Profile
        {
            DirectoryId = id, UserId = userId, UserName = $"{userId}@acme.com", Active = true, UserVersion = 1,
            Version = version ?? host.NextVersion(),
        };
        with?.Invoke(profile);
        return Image(AttributeMapping.V1.Profile.Descriptor.FullName, userId, profile.Version, profile, deleted);
    }

    public Change Group(string groupId, string name, bool deleted = false, long? version = null) => Image(
        GroupMembership.V1.Group.Descriptor.FullName, groupId, version ?? host.NextVersion(),
        new Group { DirectoryId = id, Id = groupId, DisplayName = name }, deleted);

    public Change Member(
        string groupId, string userId, bool deleted = false, long? version = null, MemberType type = MemberType.User, bool carriedOver = false,
        long memberVersion = 0)
    {
        var membership = new Membership
        {
            DirectoryId = id, GroupId = groupId, Member = new() { Value = userId, Type = type }, Version = version ?? host.NextVersion(),
            CarriedOver = carriedOver, MemberVersion = memberVersion,
        };
        return Image(Membership.Descriptor.FullName, $"{groupId}/{userId}", membership.Version, membership, deleted);
    }

    /// <summary>attribute-mapping tells.</summary>
    public Task ProfilesAsync(params Change[] changes) => host.ApplyAsync("attribute-mapping", changes);

    /// <summary>group-membership tells.</summary>
    public Task GroupsAsync(params Change[] changes) => host.ApplyAsync("group-membership", changes);

    /// <summary>Sets rules, and waits until they are followed.</summary>
    public async Task<RoleRules> SetRulesAsync(RoleMode mode, string defaultRole, params RoleRule[] rules)
    {
        var updated = await host.Rules.UpdateRoleRulesAsync(new()
        {
            Rules = new() { DirectoryId = id, Mode = mode, DefaultRole = defaultRole, Rules = { rules } },
        });
        await SettledAsync();
        return updated.Rules;
    }

    /// <summary>Waits until every user follows the rules.</summary>
    public Task<RoleRecomputation> SettledAsync() => Eventually.Get(
        async () => (await host.Rules.GetRoleRulesAsync(new() { DirectoryId = id })).Recomputation,
        recomputation => recomputation.State == RoleRecomputationState.UpToDate,
        what: "all users follow the rules");

    /// <summary>The user's roles, from PostgreSQL or Redis, as everybody sees them.</summary>
    public async Task<string[]> RolesOfAsync(string userId) =>
        [.. (await host.Users.ListUserRolesAsync(new() { DirectoryId = id, UserId = userId })).Roles.Select(r => r.Kept ? r.Slug + " (kept)" : r.Slug)];

    /// <summary>What the feed has told of a user, in order: version of the user, roles, and deletion.</summary>
    public async Task<List<string>> ToldAsync(string userId)
    {
        var told = await host.Database.Sql($"""
            select version, deleted, resource from changes where directory_id = {id} and resource_id = {userId} order by id
            """).ListAsync(
            row => (Version: row.GetInt64(0), Deleted: row.GetBoolean(1), Roles: UserRoles.Parser.ParseFrom(row.GetFieldValue<byte[]>(2))),
            CancellationToken.None);
        Assert.Equal(told.Select(t => t.Version).Order().Distinct(), told.Select(t => t.Version));
        Assert.All(told, t => Assert.Equal(t.Version, t.Roles.Version));
        return
        [
            .. told.Select(t => $"{t.Roles.UserVersion} {(t.Deleted ? "deleted" : t.Roles.Active ? "active" : "inactive")} "
                + string.Join(' ', t.Roles.Roles.Select(r => r.Slug))),
        ];
    }

    private Change Image(string type, string resourceId, long version, IMessage message, bool deleted)
    {
        var image = FeedImage.Of(id, type, resourceId, version, message.ToByteArray());
        image.Deleted = deleted;
        return image;
    }
}

using System.Text.Json;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Chassis.Feed;
using DirectorySync.DirectoryApi;
using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Roles.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Tests;

/// <summary>A directory, what the other services tell of it, and what applications were told.</summary>
internal sealed class TestDirectory(EventsHost host, string id, string organizationId)
{
    private static readonly Timestamp Time = new() { Seconds = 1_768_478_400 };

    public string Id => id;

    public string OrganizationId => organizationId;

    public Task TellAsync(
        DirectoryState state, InactiveUsers users = InactiveUsers.Unspecified, InactiveMemberships memberships = InactiveMemberships.Unspecified,
        bool rawAttributes = false, bool invitations = false)
    {
        var directory = new Directory
        {
            Id = id, OrganizationId = organizationId, State = state, Name = "Acme", Provider = Provider.Okta, EndpointKey = "key",
            CreateTime = Time, UpdateTime = Time, Version = host.NextVersion(),
            Policies = new() { InactiveUsers = users, InactiveMemberships = memberships, RawAttributes = rawAttributes, Invitations = invitations },
        };
        return host.ApplyAsync("identity", [FeedImage.Of(id, Directory.Descriptor.FullName, id, directory.Version, directory.ToByteArray())]);
    }

    /// <summary>The directory as identity lists it.</summary>
    public async Task<Change> ImageAsync() => await host.Database.Sql($"select version, data from directories where directory_id = {id}").SingleAsync(
        row => FeedImage.Of(id, Directory.Descriptor.FullName, id, row.GetInt64(0), row.GetFieldValue<byte[]>(1)), CancellationToken.None);

    /// <summary>identity tells.</summary>
    public Change User(string userId, long version, bool deleted = false, string title = "") => Image(
        Identity.V1.User.Descriptor.FullName, userId, version,
        new User
        {
            DirectoryId = id, Id = userId, UserName = $"{userId}@acme.com", Title = title, Version = version, CreateTime = Time, UpdateTime = Time,
        },
        deleted);

    /// <summary>attribute-mapping tells.</summary>
    public Change Profile(string userId, long userVersion, Action<Profile>? with = null, bool deleted = false)
    {
        var profile = new Profile
        {
            DirectoryId = id, UserId = userId, UserName = $"{userId}@acme.com", Email = $"{userId}@acme.com", IdpId = $"00u-{userId}",
            FirstName = userId, LastName = "Doe", Active = true, UserVersion = userVersion, Version = host.NextVersion(),
        };
        with?.Invoke(profile);
        return Image(AttributeMapping.V1.Profile.Descriptor.FullName, userId, profile.Version, profile, deleted);
    }

    /// <summary>roles tells.</summary>
    public Change Roles(string userId, long userVersion, string[]? roles = null, bool deleted = false)
    {
        var told = new UserRoles { DirectoryId = id, UserId = userId, UserVersion = userVersion, Active = true, Version = host.NextVersion() };
        told.Roles.AddRange((roles ?? []).Select(role => new EffectiveRole { Slug = role }));
        return Image(UserRoles.Descriptor.FullName, userId, told.Version, told, deleted);
    }

    public Change Group(string groupId, string name, bool deleted = false) => Image(
        GroupMembership.V1.Group.Descriptor.FullName, groupId, host.NextVersion(),
        new Group { DirectoryId = id, Id = groupId, DisplayName = name, CreateTime = Time, UpdateTime = Time }, deleted);

    public Change Member(string groupId, string userId, bool deleted = false, bool carriedOver = false)
    {
        var membership = new Membership
        {
            DirectoryId = id, GroupId = groupId, Member = new() { Value = userId, Type = MemberType.User }, Version = host.NextVersion(),
            CarriedOver = carriedOver,
        };
        return Image(Membership.Descriptor.FullName, $"{groupId}/{userId}", membership.Version, membership, deleted);
    }

    /// <summary>identity tells of a token.</summary>
    public Change Token(string tokenId, bool revoked = false, bool deleted = false) => Image(
        ScimToken.Descriptor.FullName, tokenId, host.NextVersion(),
        new ScimToken
        {
            DirectoryId = id, Id = tokenId, Suffix = "abcd", CreateTime = Time, RevokeTime = revoked ? Time : null,
        },
        deleted);

    public Task GroupsAsync(params Change[] changes) => host.ApplyAsync("group-membership", changes);

    /// <summary>A user as all three services tell of it.</summary>
    public async Task UserAsync(string userId, long version, Action<Profile>? with = null, string[]? roles = null)
    {
        await host.ApplyAsync("identity", [User(userId, version)]);
        await host.ApplyAsync("attribute-mapping", [Profile(userId, version, with)]);
        await host.ApplyAsync("roles", [Roles(userId, version, roles)]);
    }

    public async Task DeleteUserAsync(string userId, long version)
    {
        await host.ApplyAsync("identity", [User(userId, version, deleted: true)]);
        await host.ApplyAsync("attribute-mapping", [Profile(userId, version, deleted: true)]);
        await host.ApplyAsync("roles", [Roles(userId, version, deleted: true)]);
    }

    /// <summary>What applications were told, once all is: the sequence is gapless.</summary>
    public async Task<List<Event>> EventsAsync()
    {
        await SettledAsync();
        var events = new List<Event>();
        var page = new ListEventsRequest { Filter = new() { DirectoryId = id }, Limit = 100 };
        do
        {
            var answer = await host.Events.ListEventsAsync(page);
            events.AddRange(answer.Events);
            page.After = answer.After;
        }
        while (page.After.Length > 0);

        Assert.All(events, told => Assert.Empty(ApiDescription.Check("Event", Write(json => EventJson.Write(json, told)))));
        Assert.All(events, told => Assert.Empty(ApiDescription.Check("Webhook", Write(json => EventJson.Write(json, told, isWebhook: true)))));
        Assert.Equal(Enumerable.Range(1, events.Count).Select(number => (long)number), events.Select(told => told.Sequence));
        return events;
    }

    /// <summary>The same in short: "user.created ada", "group.user_added ada admins", with the reason behind it.</summary>
    public async Task<List<string>> ToldAsync(int after = 0) => [.. (await EventsAsync()).Skip(after).Select(Short)];

    /// <summary>Waits until there is nothing to tell.</summary>
    public Task SettledAsync() => Eventually.True(
        async () => await host.Database.Sql($"""
            select not exists (select from pending_directories p join directories d on d.directory_id = p.directory_id
              where p.directory_id = {id} and (d.telling or (d.closed and not d.ended)))
            """).SingleAsync(row => row.GetBoolean(0), CancellationToken.None),
        what: "all is told");

    public static string Short(Event told)
    {
        var data = JsonDocument.Parse(told.DataJson).RootElement;
        var what = told.Type switch
        {
            "dsync.group.user_added" or "dsync.group.user_removed" => $" {Text(data.GetProperty("user"), "id")} {Text(data.GetProperty("group"), "id")}",
            "dsync.activated" or "dsync.deleted" => "",
            _ => $" {Text(data, "id")}",
        };
        return $"{told.Type["dsync.".Length..]}{what}{(told.Reason.Length > 0 ? $" ({told.Reason})" : "")}{(told.CarriedOver ? " (carried over)" : "")}";
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new System.IO.MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            write(json);
        }

        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private Change Image(string type, string resourceId, long version, IMessage message, bool deleted)
    {
        var image = FeedImage.Of(id, type, resourceId, version, message.ToByteArray());
        image.Deleted = deleted;
        return image;
    }
}

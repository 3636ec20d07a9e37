using DirectorySync.AttributeMapping.V1;
using DirectorySync.Chassis.Feed;
using DirectorySync.Events.Folding;
using DirectorySync.Feed.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Roles.V1;
using Google.Protobuf;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Reconciling;

/// <summary>What is held here of one resource of another service.</summary>
/// <param name="ResourceId">Its id in that service's feed.</param>
/// <param name="Version">The version that is held.</param>
/// <param name="Data">What is held of its contents.</param>
internal sealed record HeldResource(string ResourceId, long Version, byte[] Data);

/// <summary>How what another service has of a type is held here, and when the two say the same.</summary>
internal sealed class HeldKind
{
    private readonly Func<string, SqlText> select;
    private readonly Func<string, SqlText> key;
    private readonly SqlText order;
    private readonly Func<Change, HeldResource, bool, bool> hasContent;
    private readonly Func<string[], SqlText> among;
    private readonly SqlText older;

    private HeldKind(
        string name, string type, Func<string, SqlText> select, SqlText order, Func<string, SqlText> key, Func<string[], SqlText> among, SqlText older,
        Func<Change, HeldResource, bool, bool> hasContent)
    {
        (Name, Type) = (name, type);
        (this.select, this.order, this.key, this.among, this.older, this.hasContent) = (select, order, key, among, older, hasContent);
    }

    /// <summary>In short, for people.</summary>
    public string Name { get; }

    /// <summary>Full name of the resource's message.</summary>
    public string Type { get; }

    /// <summary>By feed, in the order in which it lists them.</summary>
    public static IReadOnlyDictionary<string, HeldKind[]> OfFeeds { get; } = new Dictionary<string, HeldKind[]>
    {
        ["identity"] = [Directories(), Tokens(), OfUsers("user", User.Descriptor.FullName, $"user_version", $"user_data", IdentityFeed.StoredOf)],
        ["attribute-mapping"] = [OfUsers("profile", Profile.Descriptor.FullName, $"profile_version", $"profile_data", BytesOf)],
        ["roles"] = [OfUsers("roles", UserRoles.Descriptor.FullName, $"roles_version", $"roles_data", BytesOf)],
        ["group-membership"] = [Groups(), Memberships()],
    };

    /// <summary>True if there is nothing to heal: the contents are the same, or what is held is newer.</summary>
    public bool IsHeld(Change listed, HeldResource? held, bool showsRaw) =>
        held is not null && (held.Version > listed.Version || (held.Version == listed.Version && hasContent(listed, held, showsRaw)));

    /// <summary>What is held behind one id, up to another and with it; null: to the end.</summary>
    public SqlText Between(string directoryId, string after, string? through, int limit)
    {
        var to = through is null ? SqlText.Empty : (SqlText)$" and ({order}) <= ({key(through)})";
        return $"{select(directoryId)} and ({order}) > ({key(after)}){to} order by {order} limit {limit}";
    }

    /// <summary>What is held of some.</summary>
    public SqlText Of(string directoryId, string[] resourceIds) => $"{select(directoryId)} and {among(resourceIds)}";

    /// <summary>Makes what is held of some look older than it is, so that the same version is taken up again.</summary>
    public SqlText MakeOlder(string directoryId, string[] resourceIds) =>
        $"update {older} where r.directory_id = {directoryId} and {among(resourceIds)}";

    /// <summary>False for what may be gone there: of a token that is revoked nothing more is to be said.</summary>
    public bool IsMissed(HeldResource unlisted) => Type != ScimToken.Descriptor.FullName || unlisted.Data[0] == 0;

    /// <summary>The deletion that the other service forgot to tell, or that was lost here.</summary>
    public Change Gone(string directoryId, HeldResource held)
    {
        var message = Type == Membership.Descriptor.FullName ? MembershipOf(directoryId, held.ResourceId).ToByteArray() : [];
        var change = FeedImage.Of(directoryId, Type, held.ResourceId, held.Version + 1, message);
        change.Deleted = true;
        return change;
    }

    private static HeldKind OfUsers(string name, string type, SqlText version, SqlText data, Func<Change, bool, byte[]> stored) => new(
        name,
        type,
        directoryId => $"select r.id, r.{version}, r.{data} from directory_users r where r.directory_id = {directoryId} and r.{version} is not null",
        $"r.id",
        id => $"{id}",
        ids => $"r.id = any({ids})",
        $"directory_users r set {version} = {version} - 1",
        (change, held, showsRaw) => stored(change, showsRaw).AsSpan().SequenceEqual(held.Data));

    private static HeldKind Directories() => new(
        "directory",
        Directory.Descriptor.FullName,
        directoryId => $"select r.directory_id, r.version, r.data from directories r where r.directory_id = {directoryId} and not r.closed",
        $"r.directory_id",
        id => $"{id}",
        ids => $"r.directory_id = any({ids})",
        $"directories r set version = version - 1",
        (_, _, _) => true);

    private static HeldKind Tokens() => new(
        "token",
        ScimToken.Descriptor.FullName,
        directoryId => $"""
            select r.id, r.version, case when r.revoked then '\x01'::bytea else '\x00' end from directory_tokens r where r.directory_id = {directoryId}
            """,
        $"r.id",
        id => $"{id}",
        ids => $"r.id = any({ids})",
        $"directory_tokens r set version = version - 1",
        (change, held, _) => ScimToken.Parser.ParseFrom(change.Resource.Value).RevokeTime is null == (held.Data[0] == 0));

    private static HeldKind Groups() => new(
        "group",
        Group.Descriptor.FullName,
        directoryId => $"select r.id, r.version, r.current from directory_groups r where r.directory_id = {directoryId} and r.current is not null",
        $"r.id",
        id => $"{id}",
        ids => $"r.id = any({ids})",
        $"directory_groups r set version = version - 1",
        (change, held, showsRaw) => GroupRows.LooksSame(held.Data, GroupRows.Make(change, showsRaw)));

    private static HeldKind Memberships() => new(
        "membership",
        Membership.Descriptor.FullName,
        directoryId => $"""
            select r.group_id || '/' || r.user_id, r.version, case when r.carried_over then '\x01'::bytea else '\x00' end
            from memberships r where r.directory_id = {directoryId} and r.present
            """,
        $"r.group_id, r.user_id",
        id => $"{EndsOf(id).GroupId}, {EndsOf(id).UserId}",
        ids => $"""
            (r.user_id, r.group_id) in (
              select i.user_id, i.group_id
              from unnest({ids.Select(id => EndsOf(id).UserId).ToArray()}, {ids.Select(id => EndsOf(id).GroupId).ToArray()}) as i (user_id, group_id))
            """,
        $"memberships r set version = version - 1",
        (change, held, _) => Membership.Parser.ParseFrom(change.Resource.Value).CarriedOver == (held.Data[0] == 1));

    private static byte[] BytesOf(Change change, bool showsRaw) => change.Resource.Value.ToByteArray();

    // Ids have no slash.
    private static (string GroupId, string UserId) EndsOf(string resourceId) =>
        resourceId.Split('/') is [var group, var user] ? (group, user) : (resourceId, "");

    private static Membership MembershipOf(string directoryId, string resourceId)
    {
        var (groupId, userId) = EndsOf(resourceId);
        return new() { DirectoryId = directoryId, GroupId = groupId, Member = new() { Value = userId, Type = MemberType.User } };
    }
}

using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;
using DirectorySync.Scim.Json;
using Grpc.Core;
using Npgsql;

namespace DirectorySync.GroupMembership;

/// <summary>What a request may say, decided without a store.</summary>
internal static class GroupRules
{
    /// <summary>Most members in one message.</summary>
    public const int MaxMembersPerMessage = 5_000;

    /// <summary>Longest id of a group or member, in characters.</summary>
    public const int MaxIdLength = 256;

    /// <summary>Longest display name (an index entry holds it) and display of a member, in characters.</summary>
    public const int MaxNameLength = 512;

    /// <summary>Most groups, users or directories that one request may name.</summary>
    public const int MaxNamesPerRequest = 1_000;

    // SQLSTATE class 22: the value, not the program, is at fault.
    private const string DataException = "22";

    /// <summary>What display names are compared by.</summary>
    public static string NameKey(string displayName) => displayName.ToLowerInvariant();

    /// <summary>The group's attributes alone, as they are stored: what else the request's group says is not the caller's to say.</summary>
    public static Group Accept(string directoryId, Group? group)
    {
        RequireId("directory_id", directoryId);
        if (group is null)
        {
            throw ErrorReason.InvalidValue.ToRpc("The first message must hold the group.", ("attribute", "group"));
        }

        var accepted = new Group
        {
            DirectoryId = directoryId, Id = group.Id, ExternalId = group.ExternalId, DisplayName = group.DisplayName,
        };
        accepted.RawAttributes.AddRange(group.RawAttributes);
        RequireAttributes(accepted);
        return accepted;
    }

    /// <summary>The rules that the attributes must satisfy however they came to be.</summary>
    public static void RequireAttributes(Group group)
    {
        if (string.IsNullOrWhiteSpace(group.DisplayName))
        {
            throw Invalid("displayName", "", "A group needs a displayName.", "Send a displayName that is not empty.");
        }

        RequireText("displayName", group.DisplayName, MaxNameLength);
        RequireText("externalId", group.ExternalId, MaxNameLength);
        RequireRawAttributes(group.RawAttributes);
        foreach (var urn in group.NamedSchemas)
        {
            RequireStorable("schemas", urn);
        }
    }

    /// <summary>What other attributes must be for PostgreSQL to keep them.</summary>
    public static void RequireRawAttributes(IEnumerable<RawAttribute> attributes)
    {
        foreach (var raw in attributes)
        {
            RequireStorable("name", raw.Name);
            RequireStorable(raw.Name, raw.Schema);
            if (!StorableJson.Is(raw.Json))
            {
                throw Invalid(raw.Name, "", $"The value of {raw.Name} is not JSON that can be kept.",
                    "Send well-formed JSON without lone surrogates and without the character U+0000.");
            }
        }
    }

    /// <summary>True if both say the same about the attributes that a client may write.</summary>
    public static bool SameAttributes(Group one, Group other) =>
        one.DisplayName == other.DisplayName && one.ExternalId == other.ExternalId && Same(one.RawAttributes, other.RawAttributes)
        && one.NamedSchemas.Equals(other.NamedSchemas);

    public static void RequireMembers(IReadOnlyCollection<Member> members)
    {
        if (members.Count > MaxMembersPerMessage)
        {
            throw ErrorReason.LimitExceeded.ToRpc(
                $"A message may hold {MaxMembersPerMessage} members, this one holds {members.Count}. Send the rest in further messages.",
                ("attribute", "members"));
        }

        foreach (var member in members)
        {
            RequireId("members.value", member.Value);
            RequireText("members.display", member.Display, MaxNameLength);
            if (!Enum.IsDefined(member.Type))
            {
                throw Invalid("members.type", member.Type.ToString(), "A member is a User or a Group.", "Send one of these or no type.");
            }
        }
    }

    public static void RequireId(string attribute, string id)
    {
        if (id.Length == 0)
        {
            throw Invalid(attribute, "", $"{attribute} is empty.", "Send an id.");
        }

        RequireText(attribute, id, MaxIdLength);
        if (id.Contains('/', StringComparison.Ordinal))
        {
            throw Invalid(attribute, id, $"{attribute} contains a slash.", "Send an id that this directory returned.");
        }
    }

    /// <summary>True if something could be stored under it; a slash, which ids of ours never have, is left to the look-up.</summary>
    public static bool IsId(string id) => id.Length is > 0 and <= MaxIdLength && !id.Contains('\0', StringComparison.Ordinal);

    public static void RequireRequestId(string requestId) => RequireText("request_id", requestId, MaxIdLength);

    public static void RequireAtMost(int count, string attribute)
    {
        if (count > MaxNamesPerRequest)
        {
            throw ErrorReason.LimitExceeded.ToRpc(
                $"{attribute} may name {MaxNamesPerRequest}, this request names {count}.", ("attribute", attribute));
        }
    }

    /// <summary>A page size from a request: 0 means 100.</summary>
    public static int PageSize(int asked) => asked switch
    {
        0 => 100,
        > 0 and <= MaxNamesPerRequest => asked,
        _ => throw Invalid("page_size", $"{asked}", $"page_size is 1 to {MaxNamesPerRequest}.", "Ask for fewer."),
    };

    /// <summary>RESOURCE_NOT_FOUND for a group that cannot exist, which is not looked up.</summary>
    /// <summary>Members to read of a group; null: all.</summary>
    public static int? MaxMembers(int asked) => asked switch
    {
        0 => null,
        > 0 => asked,
        _ => throw Invalid("max_members", $"{asked}", "max_members is 0 or more.", "Ask for 0 to read all."),
    };

    public static void RequireFindable(string directoryId, string id)
    {
        if (!IsId(directoryId) || !IsId(id))
        {
            throw GroupNotFound(id);
        }
    }

    public static RpcException GroupNotFound(string id)
    {
        var shown = (id.Length > MaxIdLength ? id[..32] + "…" : id).Replace("\0", "", StringComparison.Ordinal);
        return ErrorReason.ResourceNotFound.ToRpc($"Group {shown} does not exist.", ("value", shown));
    }

    public static RpcException NameTaken(string displayName) => ErrorReason.GroupNameTaken.ToRpc(
        $"A group named '{displayName}' exists already in this directory (upper and lower case do not differ).",
        ("attribute", "displayName"), ("value", displayName), ("remedy", "Rename one of the groups, or link the existing one."));

    /// <summary>What exceptions from below mean to callers.</summary>
    public static RpcException? Translate(Exception exception) => exception switch
    {
        ScimException e => e.Reason.ToRpc(e.Message, ("attribute", e.Attribute ?? "")),
        PostgresException e when e.SqlState.StartsWith(DataException, StringComparison.Ordinal) => ErrorReason.InvalidValue.ToRpc(
            "A value contains the character U+0000, or is out of the range that can be stored or compared.", ("remedy", "Send another.")),
        _ => null,
    };

    public static RpcException DirectoryClosed() => ErrorReason.DirectoryState.ToRpc(
        "The directory is being deleted.", ("remedy", "Push to another directory."));

    public static RpcException VersionMismatch(long expected, long actual) => ErrorReason.EtagMismatch.ToRpc(
        $"The group is at version {actual}, not {expected}.", ("remedy", "Read the group again and decide anew."));

    private static void RequireText(string attribute, string value, int longest)
    {
        if (value.Length > longest)
        {
            throw Invalid(attribute, value[..32] + "…", $"{attribute} has {value.Length} characters; at most {longest} are accepted.",
                "Shorten it.");
        }

        RequireStorable(attribute, value);
    }

    private static void RequireStorable(string attribute, string value)
    {
        if (value.Contains('\0', StringComparison.Ordinal))
        {
            throw Invalid(attribute, "", $"{attribute} contains the character U+0000, which cannot be stored.", "Remove the character.");
        }
    }

    private static RpcException Invalid(string attribute, string value, string detail, string remedy) =>
        ErrorReason.InvalidValue.ToRpc(detail, ("attribute", attribute), ("value", value), ("remedy", remedy));

    // In the order in which they came: order is not meaning here, but it is what is returned.
    private static bool Same(IList<RawAttribute> one, IList<RawAttribute> other) => one.SequenceEqual(other);
}

using System.Text.Json;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace DirectorySync.Scim;

/// <summary>
/// The schemas that a body names although no attribute of theirs is there: kept and returned. Those of the attributes that are there follow
/// from them, and are never kept.
/// </summary>
internal static class NamedSchemas
{
    private const int Most = 100;
    private const int Longest = 512;

    public static RepeatedField<string> Of(IMessage resource) => resource switch
    {
        User user => user.NamedSchemas,
        GroupMembership.V1.Group group => group.NamedSchemas,
        _ => throw new InvalidOperationException($"{resource.Descriptor.Name} is not a resource."),
    };

    /// <summary>Reads "schemas". Throws invalidValue for what is no list of names, and for another type's core schema.</summary>
    public static void Read(IMessage resource, ResourceType type, JsonElement value)
    {
        var named = Of(resource);
        foreach (var element in value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [value])
        {
            if (ScimJson.IsUnassigned(element))
            {
                continue;
            }

            var urn = element.ValueKind == JsonValueKind.String ? ScimJson.Text(element, "schemas")
                : throw ScimException.InvalidValue("schemas", $"A value of 'schemas' is {ScimJson.KindOf(element)}; send the URNs of schemas.");
            urn = type.FindSchema(urn)?.Urn ?? urn;
            if (urn.Equals(type.Core.Urn, StringComparison.OrdinalIgnoreCase) || named.Contains(urn, StringComparer.OrdinalIgnoreCase))
            {
                continue;
            }

            if (type.Excludes(urn))
            {
                throw ScimException.InvalidValue("schemas", $"'schemas' names '{urn}', but this is a {type.Name}: its schema is '{type.Core.Urn}'.");
            }

            if (urn.Length > Longest || named.Count == Most)
            {
                throw ScimException.InvalidValue("schemas", $"'schemas' may name {Most} schemas of up to {Longest} characters; send fewer.");
            }

            named.Add(urn);
        }
    }

    /// <summary>Keeps what is stored if that comes to the same, else only what no attribute says.</summary>
    public static void Settle(IMessage wanted, IMessage? stored)
    {
        var (named, present) = (Of(wanted), Present(wanted));
        var all = present.Union(named, StringComparer.OrdinalIgnoreCase).ToHashSet(StringComparer.OrdinalIgnoreCase);
        IEnumerable<string> kept = stored is not null && all.SetEquals(present.Union(Of(stored))) ? Of(stored)
            : named.Where(urn => !present.Contains(urn, StringComparer.OrdinalIgnoreCase));
        var next = kept.ToList();
        named.Clear();
        named.Add(next);
    }

    private static HashSet<string> Present(IMessage resource)
    {
        var present = RawAttributes.Of(resource)!.Select(raw => raw.Schema).ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (resource is User { Enterprise: not null })
        {
            present.Add(SchemaUrns.EnterpriseUser);
        }

        return present;
    }
}

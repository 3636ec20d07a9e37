using System.Text.Json;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace DirectorySync.Scim;

/// <summary>The attributes that no schema declares: found, set and removed by schema and name, both in any case.</summary>
internal static class RawAttributes
{
    public static RawAttribute? Find(RepeatedField<RawAttribute> attributes, string schema, string name)
    {
        foreach (var attribute in attributes)
        {
            if (Names(attribute, schema, name))
            {
                return attribute;
            }
        }

        return null;
    }

    /// <summary>Sets or, if the value is unassigned, removes.</summary>
    public static void Set(RepeatedField<RawAttribute> attributes, string schema, string name, JsonElement value)
    {
        if (ScimJson.IsUnassigned(value))
        {
            Remove(attributes, schema, name);
        }
        else
        {
            Set(attributes, schema, name, ScimJson.Raw(value, name));
        }
    }

    /// <summary>Keeps the place and the spelling in which the attribute first came. Throws LimitExceeded.</summary>
    public static void Set(RepeatedField<RawAttribute> attributes, string schema, string name, string json)
    {
        if (Find(attributes, schema, name) is { } existing)
        {
            existing.Json = json;
        }
        else if (attributes.Count >= BodyLimits.UndeclaredAttributes)
        {
            throw BodyLimits.TooManyUndeclared();
        }
        else
        {
            attributes.Add(new RawAttribute { Schema = schema, Name = name, Json = json });
        }
    }

    public static bool Remove(RepeatedField<RawAttribute> attributes, string schema, string name)
    {
        for (var i = 0; i < attributes.Count; i++)
        {
            if (Names(attributes[i], schema, name))
            {
                attributes.RemoveAt(i);
                return true;
            }
        }

        return false;
    }

    /// <summary>The raw sub-attributes of a complex attribute; null if its message keeps none.</summary>
    public static RepeatedField<RawAttribute>? Of(IMessage message) => message switch
    {
        MultiValue value => value.RawAttributes,
        Address address => address.RawAttributes,
        Name name => name.RawAttributes,
        Manager manager => manager.RawAttributes,
        User user => user.RawAttributes,
        GroupMembership.V1.Group group => group.RawAttributes,
        _ => null,
    };

    private static bool Names(RawAttribute attribute, string schema, string name) =>
        attribute.Name.Equals(name, StringComparison.OrdinalIgnoreCase)
        && attribute.Schema.Equals(schema, StringComparison.OrdinalIgnoreCase);
}

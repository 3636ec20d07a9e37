using System.Text.Json.Nodes;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Google.Protobuf.Collections;

namespace DirectorySync.Scim;

/// <summary>
/// Makes what a client wants (PUT, or POST with nothing stored) comparable with what is stored, so that a body that says the same in
/// another way changes nothing: echoes of computed names are dropped, undeclared attributes keep their stored order, spelling and text.
/// </summary>
public static class Replacement
{
    /// <summary>Call it under the row's lock, before comparing and storing.</summary>
    public static void Settle(User wanted, User? stored)
    {
        FormattedName.DropEcho(wanted, stored);
        NamedSchemas.Settle(wanted, stored);
        if (stored is null)
        {
            return;
        }

        Align(wanted.RawAttributes, stored.RawAttributes);
        Align(wanted.Name?.RawAttributes, stored.Name?.RawAttributes);
        Align(wanted.Enterprise?.Manager?.RawAttributes, stored.Enterprise?.Manager?.RawAttributes);
        Align(wanted.Addresses, stored.Addresses, a => a.RawAttributes);
        Align(wanted.Emails, stored.Emails, v => v.RawAttributes);
        Align(wanted.PhoneNumbers, stored.PhoneNumbers, v => v.RawAttributes);
        Align(wanted.Ims, stored.Ims, v => v.RawAttributes);
        Align(wanted.Photos, stored.Photos, v => v.RawAttributes);
        Align(wanted.Entitlements, stored.Entitlements, v => v.RawAttributes);
        Align(wanted.Roles, stored.Roles, v => v.RawAttributes);
        Align(wanted.X509Certificates, stored.X509Certificates, v => v.RawAttributes);
    }

    /// <summary>Call it under the row's lock, before comparing and storing.</summary>
    public static void Settle(Group wanted, Group? stored)
    {
        NamedSchemas.Settle(wanted, stored);
        Align(wanted.RawAttributes, stored?.RawAttributes);
    }

    private static void Align<T>(RepeatedField<T> wanted, RepeatedField<T> stored, Func<T, RepeatedField<RawAttribute>> raw)
    {
        for (var i = 0; i < wanted.Count && i < stored.Count; i++)
        {
            Align(raw(wanted[i]), raw(stored[i]));
        }
    }

    private static void Align(RepeatedField<RawAttribute>? wanted, RepeatedField<RawAttribute>? stored)
    {
        if (wanted is not { Count: > 0 } || stored is not { Count: > 0 } || wanted.Equals(stored))
        {
            return;
        }

        var rest = wanted.ToList();
        wanted.Clear();
        foreach (var attribute in stored)
        {
            var index = rest.FindIndex(a => a.Name.Equals(attribute.Name, StringComparison.OrdinalIgnoreCase)
                && a.Schema.Equals(attribute.Schema, StringComparison.OrdinalIgnoreCase));
            if (index >= 0)
            {
                var json = rest[index].Json;
                var isSame = json == attribute.Json || JsonNode.DeepEquals(JsonNode.Parse(json), JsonNode.Parse(attribute.Json));
                wanted.Add(new RawAttribute
                {
                    Schema = attribute.Schema, Name = attribute.Name, Json = isSame ? attribute.Json : json,
                });
                rest.RemoveAt(index);
            }
        }

        wanted.AddRange(rest);
    }
}

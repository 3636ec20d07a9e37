using DirectorySync.Identity.V1;
using Google.Protobuf;

namespace DirectorySync.Scim;

/// <summary>Sub-attributes of a complex value's message, declared and undeclared alike.</summary>
internal static class SubAttributes
{
    /// <summary>Copies one sub-attribute from another message of the same type; null clears it.</summary>
    public static void Set(IMessage complex, AttributeDefinition definition, string name, IMessage? from)
    {
        if (definition.FindSubAttribute(name) is { Field: { } field })
        {
            field.Accessor.Clear(complex);
            if (from is not null && (!field.HasPresence || field.Accessor.HasValue(from)))
            {
                field.Accessor.SetValue(complex, field.Accessor.GetValue(from));
            }
        }
        else
        {
            var raw = RawAttributes.Of(complex)!;
            if (from is not null && RawAttributes.Find(RawAttributes.Of(from)!, "", name) is { } given)
            {
                RawAttributes.Set(raw, "", given.Name, given.Json);
            }
            else
            {
                RawAttributes.Remove(raw, "", name);
            }
        }

        switch (complex)
        {
            // No longer the bare value that came.
            case Manager manager:
                manager.Bare = false;
                break;
            case MultiValue value:
                (value.Bare, value.Single) = (false, false);
                break;
        }
    }

    /// <summary>Names of the sub-attributes that are set.</summary>
    public static IEnumerable<string> SetIn(IMessage complex, AttributeDefinition definition)
    {
        foreach (var sub in definition.SubAttributes)
        {
            if (sub.Field is { } field && (field.HasPresence
                ? field.Accessor.HasValue(complex)
                : field.Accessor.GetValue(complex) is string { Length: > 0 }))
            {
                yield return sub.Name;
            }
        }

        foreach (var raw in RawAttributes.Of(complex)!)
        {
            yield return raw.Name;
        }
    }

    public static bool AreEqual(IMessage one, IMessage other, AttributeDefinition definition, string name) =>
        definition.FindSubAttribute(name) is { Field: { } field }
            ? Equals(field.Accessor.GetValue(one), field.Accessor.GetValue(other))
            : RawAttributes.Find(RawAttributes.Of(one)!, "", name)?.Json == RawAttributes.Find(RawAttributes.Of(other)!, "", name)?.Json;
}

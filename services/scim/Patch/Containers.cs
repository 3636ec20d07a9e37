using System.Collections;
using DirectorySync.Identity.V1;
using Google.Protobuf;

namespace DirectorySync.Scim;

/// <summary>Where in a resource's message the attributes of a schema are, and the messages of complex attributes in there.</summary>
internal static class Containers
{
    /// <summary>The message that has the schema's fields, created if need be.</summary>
    public static IMessage Ensure(IMessage resource, string schema, ResourceType type) =>
        schema.Equals(type.Core.Urn, StringComparison.OrdinalIgnoreCase) ? resource
        : resource is User user ? user.Enterprise ??= new EnterpriseUser()
        : throw new InvalidOperationException($"{schema} has no message.");

    /// <summary>The values of a multi-valued attribute.</summary>
    public static IList Elements(IMessage container, AttributeDefinition definition) =>
        (IList)definition.Field!.Accessor.GetValue(container);

    /// <summary>Changes the one complex value, or a new element, and leaves nothing behind that says nothing.</summary>
    public static void Complex(IMessage container, AttributeDefinition definition, Action<IMessage> change)
    {
        if (definition.MultiValued)
        {
            var element = AttributeReader.New(definition.Field!.MessageType);
            change(element);
            Elements(container, definition).Add(element);
            return;
        }

        var accessor = definition.Field!.Accessor;
        var complex = (IMessage?)accessor.GetValue(container) ?? AttributeReader.New(definition.Field.MessageType);
        change(complex);
        if (complex is Manager { Value: "", Bare: true } manager)
        {
            manager.Bare = false;
        }

        if (complex.CalculateSize() == 0)
        {
            accessor.Clear(container);
        }
        else
        {
            accessor.SetValue(container, complex);
        }
    }

    /// <summary>Removes what became empty.</summary>
    public static void Tidy(IMessage resource)
    {
        if (resource is User { Enterprise: { } enterprise } user && enterprise.CalculateSize() == 0)
        {
            user.Enterprise = null;
        }
    }
}

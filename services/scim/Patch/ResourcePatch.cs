using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim.V1;
using Google.Protobuf;

namespace DirectorySync.Scim;

/// <summary>Applies changes to a resource's message in place (RFC 7644 §3.5.2). The caller works on a clone: all apply or none.</summary>
internal sealed class ResourcePatch(ResourceType type)
{
    public void Apply(IMessage resource, AttributeChange change)
    {
        var path = change.Target.Path;
        if (path.Attribute.Length == 0)
        {
            RemoveExtension(resource, path.Schema);
            return;
        }

        var definition = type.Find(path);
        if (definition is { Mutability: Mutability.ReadOnly or Mutability.WriteOnly })
        {
            throw ScimException.NotMutable(path.Attribute, $"'{path.Attribute}' is read-only; leave it out.");
        }

        if (definition?.Field is null)
        {
            RawPatch.Apply(resource, change);
            return;
        }

        if (change.Operator != PatchOperator.Remove && change.Value is null)
        {
            throw ScimException.InvalidValue(path.Attribute, $"The operation on '{path.Attribute}' has no value.");
        }

        var container = Containers.Ensure(resource, path.Schema, type);
        var value = change.Value is null ? null : Containers.Ensure(Clone(change.Value), path.Schema, type);
        if (definition.MultiValued)
        {
            new ElementsPatch(definition, change.Target, FilterPrinter.Print(change.Target, type)).Apply(
                Containers.Elements(container, definition), change.Operator, value is null ? null : Containers.Elements(value, definition));
        }
        else if (path.SubAttribute.Length > 0)
        {
            var given = (IMessage?)definition.Field.Accessor.GetValue(value ?? container);
            Containers.Complex(container, definition, complex =>
                SubAttributes.Set(complex, definition, path.SubAttribute, change.Operator == PatchOperator.Remove ? null : given));
        }
        else
        {
            SetWhole(container, definition, change.Operator == PatchOperator.Remove ? null : value);
        }

        Containers.Tidy(resource);
    }

    private static void SetWhole(IMessage container, AttributeDefinition definition, IMessage? value)
    {
        var accessor = definition.Field!.Accessor;
        if (value is null)
        {
            if (definition.Required)
            {
                throw ScimException.NotMutable(definition.Name, $"'{definition.Name}' is required and cannot be removed.");
            }

            accessor.Clear(container);
        }
        else if (accessor.GetValue(value) is { } given)
        {
            if (given is not IMessage complex || given is Manager { Bare: true } || accessor.GetValue(container) is not IMessage current)
            {
                accessor.SetValue(container, given);
                return;
            }

            foreach (var sub in SubAttributes.SetIn(complex, definition).ToList())
            {
                SubAttributes.Set(current, definition, sub, complex);
            }
        }
    }

    /// <summary>What is taken from an operation must not change the operation: it may be applied again.</summary>
    private static IMessage Clone(IMessage value) => value switch
    {
        User user => user.Clone(),
        Group group => group.Clone(),
        _ => throw new InvalidOperationException($"{value.Descriptor.Name} is not a resource."),
    };

    private static void RemoveExtension(IMessage resource, string schema)
    {
        if (resource is User user && schema.Equals(SchemaUrns.EnterpriseUser, StringComparison.OrdinalIgnoreCase))
        {
            user.Enterprise = null;
        }

        var raw = RawAttributes.Of(resource)!;
        for (var i = raw.Count - 1; i >= 0; i--)
        {
            if (raw[i].Schema.Equals(schema, StringComparison.OrdinalIgnoreCase))
            {
                raw.RemoveAt(i);
            }
        }
    }
}

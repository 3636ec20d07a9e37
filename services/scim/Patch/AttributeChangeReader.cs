using System.Text.Json;
using DirectorySync.Identity.V1;
using DirectorySync.Scim.V1;
using Google.Protobuf;

namespace DirectorySync.Scim;

/// <summary>
/// One operation of a PATCH body → changes of single attributes: values without path, whole extensions and complex values are taken
/// apart, null becomes a removal, what clients send but may not set is passed over (without path) or refused (with path).
/// </summary>
internal sealed class AttributeChangeReader(ResourceType type, Func<IMessage> newResource)
{
    public List<AttributeChange> Changes { get; } = [];

    public void Read(PatchOperator @operator, string? path, JsonElement? value)
    {
        if (path is not null)
        {
            ReadTarget(@operator, PatchPath.Parse(path, type), value, hasPath: true);
            return;
        }

        if (@operator == PatchOperator.Remove)
        {
            throw ScimException.NoTarget("", "A remove operation needs a 'path' that says what to remove.");
        }

        if (value is not { ValueKind: JsonValueKind.Object } attributes)
        {
            throw ScimException.InvalidValue(
                "", "An operation without 'path' needs as 'value' an object with the attributes to set.");
        }

        foreach (var property in attributes.EnumerateObject())
        {
            ReadProperty(@operator, ScimJson.Name(property), property.Value);
        }
    }

    /// <summary>A property of a value without path; its name may itself be a path (Entra: "name.givenName", "urn:…:department").</summary>
    public void ReadProperty(PatchOperator @operator, string name, JsonElement value)
    {
        var target = type.FindCore(name) is { } attribute ? new PatchTarget { Path = AttributePaths.Of(type.Core.Urn, attribute) }
            : IsPath(name) ? PatchPath.Parse(name, type)
            : new PatchTarget { Path = AttributePaths.OfUndeclared(type.Core.Urn, name) };
        ReadTarget(@operator, target, value, hasPath: false);
    }

    /// <summary>True for a name that is more than the name of a core attribute.</summary>
    public static bool IsPath(string name) =>
        name.StartsWith("urn:", StringComparison.OrdinalIgnoreCase) || name.AsSpan().IndexOfAny('.', '[') >= 0;

    private void ReadTarget(PatchOperator @operator, PatchTarget target, JsonElement? value, bool hasPath)
    {
        var path = target.Path;
        if (path.Attribute.Length == 0)
        {
            ReadSchema(@operator, target, value, hasPath);
            return;
        }

        var definition = type.Find(path);
        if (definition is { Mutability: Mutability.WriteOnly } or { Name: "schemas" })
        {
            // password is dropped at the door; schemas follows from the attributes present.
            return;
        }

        if (definition is { Mutability: Mutability.ReadOnly })
        {
            if (hasPath)
            {
                throw ScimException.NotMutable(path.Attribute, $"'{path.Attribute}' is read-only; leave it out.");
            }

            return;
        }

        if (definition is { Field: null } && path.Schema == type.Core.Urn)
        {
            // Kept elsewhere: as an undeclared attribute it would be a second one of the same name.
            throw ScimException.NotMutable(path.Attribute, $"'{path.Attribute}' cannot be changed here; give it as the operation's 'path'.");
        }

        if (@operator == PatchOperator.Remove)
        {
            Remove(target, definition, value);
        }
        else if (value is not { } given)
        {
            throw ScimException.InvalidValue(Print(target), $"The operation on '{Print(target)}' has no 'value'.");
        }
        else
        {
            Set(@operator, target, definition, given);
        }
    }

    /// <summary>All of an extension, or the core schema by its URN.</summary>
    private void ReadSchema(PatchOperator @operator, PatchTarget target, JsonElement? value, bool hasPath)
    {
        var urn = target.Path.Schema;
        if (@operator == PatchOperator.Remove || (@operator == PatchOperator.Replace && value is { ValueKind: JsonValueKind.Null }))
        {
            if (urn == type.Core.Urn)
            {
                throw ScimException.NotMutable("", "The core attributes cannot be removed as a whole.");
            }

            Changes.Add(new(PatchOperator.Remove, target, null));
            return;
        }

        if (value is not { ValueKind: JsonValueKind.Object } attributes)
        {
            throw ScimException.InvalidValue(urn, $"'{urn}' is a schema; its value is an object with the schema's attributes.");
        }

        foreach (var property in attributes.EnumerateObject())
        {
            var name = ScimJson.Name(property);
            var path = type.Find(urn, name) is { } attribute ? AttributePaths.Of(urn, attribute) : AttributePaths.OfUndeclared(urn, name);
            ReadTarget(@operator, new PatchTarget { Path = path }, property.Value, hasPath);
        }
    }

    private void Remove(PatchTarget target, AttributeDefinition? definition, JsonElement? value)
    {
        if (definition is { Required: true })
        {
            throw ScimException.NotMutable(definition.Name, $"'{definition.Name}' is required and cannot be removed; replace it instead.");
        }

        var isList = target.Path.SubAttribute.Length == 0 && target.ValueFilter is null && definition is null or { MultiValued: true };
        if (!isList || value is not { ValueKind: not JsonValueKind.Null } given)
        {
            Changes.Add(new(PatchOperator.Remove, target, null));
        }
        else if (!ScimJson.IsUnassigned(given))
        {
            Changes.Add(new(PatchOperator.Remove, target, Value(target, definition, given)));
        }
    }

    private void Set(PatchOperator @operator, PatchTarget target, AttributeDefinition? definition, JsonElement value)
    {
        var isAttribute = target.Path.SubAttribute.Length == 0;
        if (isAttribute && definition is { Type: AttributeType.Complex, MultiValued: false })
        {
            value = ScimJson.Single(value);
        }

        if (ScimJson.IsUnassigned(value))
        {
            // Adding nothing to a list adds nothing; all else with nothing as its value becomes unassigned (RFC 7643 §2.5).
            var addsNothing = @operator == PatchOperator.Add && (definition is { MultiValued: true } || value.ValueKind == JsonValueKind.Array);
            var mergesNothing = value.ValueKind == JsonValueKind.Object && definition is { Type: AttributeType.Complex };
            if (!(isAttribute && (addsNothing || mergesNothing)))
            {
                Remove(target, definition, null);
            }
        }
        else if (isAttribute && definition is { Type: AttributeType.Complex, MultiValued: false }
            && value.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in value.EnumerateObject())
            {
                var name = ScimJson.Name(property);
                var path = definition.FindSubAttribute(name) is { } sub
                    ? AttributePaths.Of(target.Path.Schema, definition, sub)
                    : AttributePaths.OfUndeclared(target.Path.Schema, definition.Name, name);
                Set(@operator, new PatchTarget { Path = path }, definition, property.Value);
            }
        }
        else
        {
            if (isAttribute && target.ValueFilter is not null && value is { ValueKind: JsonValueKind.Object })
            {
                RemoveNulls(target, definition, value);
            }

            if (Value(target, definition, value) is { } resource)
            {
                Changes.Add(new(@operator, target, resource));
            }
        }
    }

    /// <summary>Sub-attributes given as null in a value for emails[…] are removed first, while the filter still matches.</summary>
    private void RemoveNulls(PatchTarget target, AttributeDefinition? definition, JsonElement value)
    {
        foreach (var property in value.EnumerateObject().Where(p => ScimJson.IsUnassigned(p.Value)))
        {
            var name = ScimJson.Name(property);
            var sub = definition?.FindSubAttribute(name);
            var path = definition is not null && sub is not null
                ? AttributePaths.Of(target.Path.Schema, definition, sub)
                : AttributePaths.OfUndeclared(target.Path.Schema, target.Path.Attribute, name);
            Changes.Add(new(PatchOperator.Remove, new PatchTarget { Path = path, ValueFilter = target.ValueFilter }, null));
        }
    }

    /// <summary>A resource in which only the target is set; null if the value says nothing.</summary>
    private IMessage? Value(PatchTarget target, AttributeDefinition? definition, JsonElement value)
    {
        var resource = newResource();
        var (path, name) = (target.Path, target.Path.Attribute);
        if (definition?.Field is null)
        {
            var json = ScimJson.Raw(value, name);
            RawAttributes.Of(resource)!.Add(new RawAttribute
            {
                Schema = path.Schema,
                Name = name,
                Json = path.SubAttribute.Length == 0 ? json : $"{{{JsonSerializer.Serialize(path.SubAttribute)}:{json}}}",
            });
            return resource;
        }

        var container = Containers.Ensure(resource, path.Schema, type);
        if (path.SubAttribute.Length > 0)
        {
            Containers.Complex(container, definition, complex => ReadSub(complex, definition, path.SubAttribute, value, Print(target)));
        }
        else if (target.ValueFilter is not null)
        {
            if (AttributeReader.ReadElement(definition, ScimJson.Single(value), name, keepLabels: true) is { } element)
            {
                Containers.Elements(container, definition).Add(element);
            }
        }
        else
        {
            AttributeReader.Read(container, definition, value, name);
        }

        return resource.CalculateSize() == 0 ? null : resource;
    }

    private static void ReadSub(IMessage complex, AttributeDefinition definition, string name, JsonElement value, string path)
    {
        if (definition.FindSubAttribute(name) is { } sub)
        {
            AttributeReader.Read(complex, sub, value, path);
        }
        else
        {
            RawAttributes.Set(RawAttributes.Of(complex)!, "", name, value);
        }
    }

    private string Print(PatchTarget target) => FilterPrinter.Print(target, type);
}

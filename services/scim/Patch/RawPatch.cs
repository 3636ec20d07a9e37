using System.Text.Json;
using System.Text.Json.Nodes;
using DirectorySync.Scim.V1;
using Google.Protobuf;

namespace DirectorySync.Scim;

/// <summary>Changes an attribute that no schema declares: the same rules, over its JSON.</summary>
internal static class RawPatch
{
    public static void Apply(IMessage resource, AttributeChange change)
    {
        var (path, raw) = (change.Target.Path, RawAttributes.Of(resource)!);
        var given = change.Value is null ? null : RawAttributes.Find(RawAttributes.Of(change.Value)!, path.Schema, path.Attribute);
        if (change.Operator != PatchOperator.Remove && given is null)
        {
            throw ScimException.InvalidValue(path.Attribute, $"The operation on '{path.Attribute}' has no value.");
        }

        var current = RawAttributes.Find(raw, path.Schema, path.Attribute) is { } existing ? JsonNode.Parse(existing.Json) : null;
        var value = given is null ? null : JsonNode.Parse(given.Json);
        var next = change.Target.ValueFilter is { } filter ? Filtered(current, change, filter, value)
            : path.SubAttribute.Length > 0 ? Sub(current, path, value)
            : Whole(current, change.Operator, value);
        if (next is JsonArray { Count: > BodyLimits.Values } && change.Operator != PatchOperator.Remove)
        {
            throw BodyLimits.TooManyValues(path.Attribute);
        }

        if (IsUnassigned(next))
        {
            RawAttributes.Remove(raw, path.Schema, path.Attribute);
        }
        else
        {
            RawAttributes.Set(raw, path.Schema, path.Attribute, Text(next!));
        }
    }

    private static JsonNode? Whole(JsonNode? current, PatchOperator @operator, JsonNode? value)
    {
        switch (@operator)
        {
            case PatchOperator.Add when current is JsonArray list:
                foreach (var item in Items(value).Where(item => !list.Any(e => JsonNode.DeepEquals(e, item))))
                {
                    list.Add(item?.DeepClone());
                }

                return list;
            case PatchOperator.Add when current is JsonObject complex && value is JsonObject more:
                Merge(complex, more);
                return complex;
            case PatchOperator.Remove when value is not null && current is JsonArray list:
                list.RemoveAll(e => Items(value).Exists(item => JsonNode.DeepEquals(e, item)));
                return list;
            case PatchOperator.Remove:
                return value is null || JsonNode.DeepEquals(value, current) ? null : current;
            default:
                return value;
        }
    }

    private static JsonNode? Sub(JsonNode? current, AttributePath path, JsonNode? value)
    {
        var given = (value as JsonObject)?[path.SubAttribute];
        if (current is null)
        {
            return given is null ? null : new JsonObject { [path.SubAttribute] = given.DeepClone() };
        }

        var objects = Items(current).OfType<JsonObject>().ToList();
        if (objects.Count == 0)
        {
            throw ScimException.InvalidPath(path.Attribute, $"'{path.Attribute}' has no sub-attributes.");
        }

        foreach (var complex in objects)
        {
            Set(complex, path.SubAttribute, given);
        }

        return current;
    }

    private static JsonArray Filtered(JsonNode? current, AttributeChange change, Filter filter, JsonNode? value)
    {
        var path = change.Target.Path;
        var list = current as JsonArray ?? (current is null ? [] : new JsonArray(current.DeepClone()));
        var matching = list.Where(e => ElementFilter.Matches(filter, e)).ToList();
        if (change.Operator == PatchOperator.Remove)
        {
            foreach (var element in matching)
            {
                if (path.SubAttribute.Length > 0 && element is JsonObject complex)
                {
                    Set(complex, path.SubAttribute, null);
                }

                if (path.SubAttribute.Length == 0 || element is JsonObject { Count: 0 })
                {
                    list.Remove(element);
                }
            }

            return list;
        }

        if (matching.Count == 0)
        {
            if (change.Operator == PatchOperator.Replace)
            {
                throw ScimException.NoTarget(path.Attribute, $"No value of '{path.Attribute}' matches the filter, so there is nothing to replace.");
            }

            var created = new JsonObject();
            foreach (var (name, json) in ElementFilter.Equalities(filter))
            {
                Set(created, name, JsonNode.Parse(json.GetRawText()));
            }

            list.Add((JsonNode)created);
            matching.Add(created);
        }

        foreach (var element in matching)
        {
            if (element is JsonObject complex && value is JsonObject more)
            {
                Merge(complex, more);
            }
            else
            {
                list[list.IndexOf(element)] = value?.DeepClone();
            }
        }

        return list;
    }

    private static void Merge(JsonObject complex, JsonObject more)
    {
        foreach (var (name, value) in more)
        {
            Set(complex, name, value);
        }
    }

    /// <summary>Sets a property, found in any case, or removes it.</summary>
    private static void Set(JsonObject complex, string name, JsonNode? value)
    {
        var existing = complex.Select(p => p.Key).FirstOrDefault(k => k.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (value is null)
        {
            // null and not there are the same (RFC 7643 §2.5): no change where nothing is assigned.
            if (existing is not null && complex[existing] is not null)
            {
                complex.Remove(existing);
            }
        }
        else if (existing is null || !JsonNode.DeepEquals(complex[existing], value))
        {
            complex[existing ?? name] = value.DeepClone();
        }
    }

    private static List<JsonNode?> Items(JsonNode? value) => value is JsonArray list ? [.. list] : [value];

    private static bool IsUnassigned(JsonNode? value) => value switch
    {
        null => true,
        JsonArray list => list.Count == 0,
        JsonObject complex => complex.Count == 0,
        _ => value.GetValueKind() == JsonValueKind.String && value.GetValue<string>().Length == 0,
    };

    private static string Text(JsonNode value) => value.ToJsonString(SerializerOptions);

    private static readonly JsonSerializerOptions SerializerOptions = new() { Encoder = ScimJson.WriterOptions.Encoder };
}

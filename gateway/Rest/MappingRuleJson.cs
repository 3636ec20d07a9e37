using System.Text.Json;
using DirectorySync.AttributeMapping.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>Mapping rules ↔ JSON.</summary>
internal static class MappingRuleJson
{
    private static readonly (string Name, UnlistedValue Value)[] Unlisted =
        [("keep", UnlistedValue.Keep), ("drop", UnlistedValue.Drop), ("report", UnlistedValue.Report)];

    private static readonly (string Name, Transform.KindOneofCase Value)[] Kinds =
    [
        ("trim", Transform.KindOneofCase.Trim), ("lower", Transform.KindOneofCase.Lower), ("prefix", Transform.KindOneofCase.Prefix),
        ("default", Transform.KindOneofCase.Default), ("value_table", Transform.KindOneofCase.ValueTable),
    ];

    /// <summary>The rules of a body; it is checked afterwards.</summary>
    public static IEnumerable<MappingRule> Read(RestBody body)
    {
        if (!body.Has("rules"))
        {
            body.Refuse("rules", "required", "is required.");
        }

        return (body.FindObjects("rules", "attribute", "paths", "transforms") ?? []).Select(rule => new MappingRule
        {
            Attribute = rule.RequireText("attribute"),
            Paths = { rule.FindTexts("paths") ?? [] },
            Transforms = { (rule.FindObjects("transforms", "type", "text", "value", "entries", "unlisted") ?? []).Select(ReadTransform) },
        }).ToList();
    }

    public static void Write(Utf8JsonWriter json, MappingRule rule, bool? automatic = null)
    {
        json.WriteStartObject();
        json.WriteString("attribute", rule.Attribute);
        if (automatic is { } isAutomatic)
        {
            json.WriteBoolean("automatic", isAutomatic);
        }

        json.WriteStartArray("paths");
        foreach (var path in rule.Paths)
        {
            json.WriteStringValue(path);
        }

        json.WriteEndArray();
        json.WriteStartArray("transforms");
        foreach (var transform in rule.Transforms)
        {
            Write(json, transform);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static Transform ReadTransform(RestBody body)
    {
        _ = body.RequireText("type");
        switch (body.FindChoice("type", Kinds))
        {
            case Transform.KindOneofCase.Trim:
                return new() { Trim = new() };
            case Transform.KindOneofCase.Lower:
                return new() { Lower = new() };
            case Transform.KindOneofCase.Prefix:
                return new() { Prefix = new() { Text = body.RequireText("text") } };
            case Transform.KindOneofCase.Default:
                return new() { Default = new() { Json = body.RequireJson("value") } };
            case Transform.KindOneofCase.ValueTable:
                return new()
                {
                    ValueTable = new()
                    {
                        Entries = { (body.FindMap("entries") ?? new Dictionary<string, string>())
                            .Select(entry => new ValueTableEntry { From = entry.Key, To = entry.Value }) },
                        Unlisted = body.FindChoice("unlisted", Unlisted) ?? UnlistedValue.Keep,
                    },
                };
            default:
                return new();
        }
    }

    private static void Write(Utf8JsonWriter json, Transform transform)
    {
        json.WriteStartObject();
        json.WriteString("type", Words.Of(transform.KindCase));
        switch (transform.KindCase)
        {
            case Transform.KindOneofCase.Prefix:
                json.WriteString("text", transform.Prefix.Text);
                break;
            case Transform.KindOneofCase.Default:
                json.WritePropertyName("value");
                json.WriteRawValue(transform.Default.Json);
                break;
            case Transform.KindOneofCase.ValueTable:
                json.WriteStartObject("entries");
                foreach (var entry in transform.ValueTable.Entries)
                {
                    json.WriteString(entry.From, entry.To);
                }

                json.WriteEndObject();
                json.WriteString("unlisted", transform.ValueTable.Unlisted switch
                {
                    UnlistedValue.Drop => "drop",
                    UnlistedValue.Report => "report",
                    _ => "keep",
                });
                break;
        }

        json.WriteEndObject();
    }
}

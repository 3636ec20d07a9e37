using System.Text.Json;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>The body of a POST to .search (RFC 7644 §3.4.3): a list's parameters, for filters that should not stand in a URL.</summary>
internal static class SearchRequest
{
    public static async Task<ListQuery> ReadAsync(HttpContext http, ResourceType type, GatewayOptions options)
    {
        using var body = ScimJson.Parse(await ScimBody.ReadAsync(http, options.BodyLimit));
        return Read(body.RootElement, type, options.FilterLengthLimit);
    }

    public static ListQuery Read(JsonElement body, ResourceType type, int filterLimit)
    {
        var attributes = Names(body, "attributes");
        var projection = Projection.Of(type, attributes, Names(body, "excludedAttributes"));
        return ListQuery.Read(
            new QueryTexts(
                Text(body, "filter"), Text(body, "sortBy"), Text(body, "sortOrder"),
                Text(body, "startIndex"), Text(body, "count"), Text(body, "cursor")),
            projection is null ? Wanted.Everything : new Wanted(projection, attributes.Length > 0),
            type,
            filterLimit);
    }

    private static JsonElement? Find(JsonElement body, string name)
    {
        foreach (var property in body.EnumerateObject())
        {
            if (ScimJson.Name(property).Equals(name, StringComparison.OrdinalIgnoreCase) && property.Value.ValueKind != JsonValueKind.Null)
            {
                return property.Value;
            }
        }

        return null;
    }

    private static string? Text(JsonElement body, string name) => Find(body, name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => ScimJson.Text(text, name),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => throw ScimException.InvalidValue(name, $"'{name}' must be text or a number."),
    };

    private static string[] Names(JsonElement body, string name) => Find(body, name) switch
    {
        null => [],
        { ValueKind: JsonValueKind.String } text => ScimJson.Text(text, name).Split(','),
        { ValueKind: JsonValueKind.Array } list when list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            => [.. list.EnumerateArray().Select(item => ScimJson.Text(item, name))],
        _ => throw ScimException.InvalidValue(name, $"'{name}' must be a list of attribute names."),
    };
}

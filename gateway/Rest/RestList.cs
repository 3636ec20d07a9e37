using System.Globalization;
using System.Text.Json.Nodes;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>Lists as the contract pages them: limit, before, after, order.</summary>
internal static class RestList
{
    /// <summary>The page that a query asks for.</summary>
    public static (Page Page, bool IsReversed) ReadPage(HttpRequest request)
    {
        var limit = 0;
        if (request.Query.TryGetValue("limit", out var text)
            && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > 100))
        {
            throw RestFailure.Invalid(new FieldError("limit", "invalid", "'limit' must be a whole number from 1 to 100."));
        }

        var order = request.Query["order"].ToString();
        if (order is not ("" or "asc" or "desc" or "normal"))
        {
            throw RestFailure.Invalid(new FieldError("order", "invalid", "'order' must be 'asc', 'desc' or 'normal'."));
        }

        // "normal" is newest first with the cursors' meanings exchanged.
        var isReversed = order == "normal";
        var before = request.Query["before"].ToString();
        var after = request.Query["after"].ToString();
        if (before.Length > 0 && after.Length > 0)
        {
            throw RestFailure.Invalid(new FieldError("before", "invalid", "Send 'before' or 'after', not both."));
        }

        return (
            new Page
            {
                Limit = limit, Ascending = order == "asc",
                Before = isReversed ? after : before, After = isReversed ? before : after,
            },
            isReversed);
    }

    public static JsonObject Write(IEnumerable<JsonNode> data, PageMetadata? page = null, bool isReversed = false)
    {
        var before = Cursor(page?.Before);
        var after = Cursor(page?.After);
        return new()
        {
            ["object"] = "list",
            ["data"] = new JsonArray([.. data]),
            ["list_metadata"] = new JsonObject { ["before"] = isReversed ? after : before, ["after"] = isReversed ? before : after },
        };
    }

    private static JsonValue? Cursor(string? id) => string.IsNullOrEmpty(id) ? null : JsonValue.Create(id);
}

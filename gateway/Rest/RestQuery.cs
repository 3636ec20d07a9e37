using System.Globalization;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Primitives;

namespace DirectorySync.Gateway.Rest;

/// <summary>Reads the parameters of a list. A parameter that does not exist is an error: ignored, a filter would list everything.</summary>
internal sealed class RestQuery
{
    private const int UsualLimit = 10;
    private const int LargestLimit = 100;
    private static readonly string[] Paging = ["limit", "before", "after", "order"];

    private readonly IQueryCollection query;
    private readonly List<FieldError> errors = [];
    private readonly string order;

    private RestQuery(IQueryCollection query, string[] known, string usualOrder = "desc")
    {
        this.query = query;
        foreach (var name in query.Keys.Where(name => !known.Contains(name)))
        {
            errors.Add(new(name, "unknown_parameter",
                $"There is no parameter '{name}'. {(known.Length == 0 ? "Leave it out." : $"Give some of: {string.Join(", ", known)}.")}"));
        }

        order = FindText("order") ?? usualOrder;
    }

    private bool Reversed => order == "normal";

    /// <summary>Reads the parameters of a list with pages.</summary>
    public static RestQuery OfPages(HttpContext http, params string[] filters) => new(http.Request.Query, [.. filters, .. Paging]);

    /// <summary>Reads the parameters of a log: the oldest first, unless asked otherwise.</summary>
    public static RestQuery OfLog(HttpContext http, params string[] filters) => new(http.Request.Query, [.. filters, .. Paging], "asc");

    /// <summary>Reads the parameters of anything else.</summary>
    public static RestQuery Of(HttpContext http, params string[] known) => new(http.Request.Query, known);

    public string? FindText(string name)
    {
        var values = query[name];
        if (values.Count > 1)
        {
            errors.Add(new(name, "given_twice", $"The parameter '{name}' is given {values.Count} times. Give it once."));
        }

        return values is [{ Length: > 0 } value, ..] ? value : null;
    }

    /// <summary>Values of a parameter that is given as a list separated by commas, repeatedly, or as "name[]".</summary>
    public IEnumerable<string> FindTexts(string name) => StringValues.Concat(query[name], query[name + "[]"])
        .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>A time of ISO 8601; null: not given.</summary>
    public Timestamp? FindTime(string name)
    {
        if (FindText(name) is not { } text)
        {
            return null;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            return time.ToTimestamp();
        }

        errors.Add(new(name, "invalid_value", $"{name} is a time such as 2026-01-15T12:00:00Z, not '{text}'."));
        return null;
    }

    /// <summary>A value of a form of its own.</summary>
    /// <param name="name">The parameter.</param>
    /// <param name="usual">If it is not given.</param>
    /// <param name="form">What it looks like, in a sentence without its end.</param>
    /// <param name="find">Null: the text is none.</param>
    public T Read<T>(string name, T usual, string form, Func<string, T?> find)
        where T : struct
    {
        if (FindText(name) is not { } text)
        {
            return usual;
        }

        if (find(text) is { } value)
        {
            return value;
        }

        errors.Add(new(name, "invalid_value", $"{form}; not '{text}'."));
        return usual;
    }

    /// <summary>One of the names; the first is usual.</summary>
    public T FindChoice<T>(string name, (string Name, T Value)[] choices)
    {
        var text = FindText(name) ?? choices[0].Name;
        var index = Array.FindIndex(choices, choice => choice.Name == text);
        if (index < 0)
        {
            errors.Add(new(name, "invalid_value", $"{name} is one of: {string.Join(", ", choices.Select(choice => choice.Name))}; not '{text}'."));
        }

        return choices[Math.Max(0, index)].Value;
    }

    public int Limit(int usual = UsualLimit, int largest = LargestLimit)
    {
        if (FindText("limit") is not { } text)
        {
            return usual;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) || limit < 1 || limit > largest)
        {
            errors.Add(new("limit", "invalid_value", $"limit is a number from 1 to {largest}, not '{text}'."));
        }

        return limit;
    }

    /// <summary>The page, once all other parameters are read.</summary>
    public Page Page()
    {
        if (order is not ("asc" or "desc" or "normal"))
        {
            errors.Add(new("order", "invalid_value", $"order is asc, desc or normal, not '{order}'."));
        }

        var page = new Page { Limit = Limit(), Ascending = order == "asc" };
        var (before, after) = (FindText("before") ?? "", FindText("after") ?? "");

        // "normal" is newest first with the cursors' meaning turned round: before leads to what is older.
        (page.Before, page.After) = Reversed ? (after, before) : (before, after);
        Check();
        return page;
    }

    /// <summary>Throws if a parameter was not acceptable.</summary>
    public void Check()
    {
        if (errors.Count > 0)
        {
            throw new RestFailure(RestErrors.Invalid(errors));
        }
    }

    /// <summary>The neighbours of the page in the words of the request's order.</summary>
    public (string Before, string After) Neighbours(PageMetadata? page) =>
        page is null ? ("", "") : Reversed ? (page.After, page.Before) : (page.Before, page.After);
}

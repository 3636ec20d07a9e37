using System.Globalization;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>Which resources are wanted, in which order, and which part of them (RFC 7644 §3.4.2, RFC 9865).</summary>
internal sealed record ListQuery
{
    public const string Schema = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
    public const int DefaultCount = 100;
    public const int MaximalCount = 1000;

    public Filter? Filter { get; init; }

    public Sort? Sort { get; init; }

    /// <summary>1-based; what is smaller means 1.</summary>
    public long StartIndex { get; init; } = 1;

    public int Count { get; init; } = DefaultCount;

    /// <summary>Null: paged by index. Empty: the first page by cursor.</summary>
    public string? Cursor { get; init; }

    public Wanted Wanted { get; init; } = Wanted.Everything;

    /// <summary>The same question in the texts in which it arrives by GET.</summary>
    public static ListQuery Read(HttpRequest request, ResourceType type, int filterLimit) => Read(
        new QueryTexts(
            QueryText.Find(request, "filter"),
            QueryText.Find(request, "sortBy"),
            QueryText.Find(request, "sortOrder"),
            QueryText.Find(request, "startIndex"),
            QueryText.Find(request, "count"),
            QueryText.Find(request, "cursor")),
        Wanted.Read(request, type),
        type,
        filterLimit);

    public static ListQuery Read(QueryTexts texts, Wanted wanted, ResourceType type, int filterLimit)
    {
        if (texts.Filter?.Length > filterLimit)
        {
            throw ScimException.InvalidFilter($"The filter is longer than {filterLimit} characters.");
        }

        if (texts is { Cursor: not null, StartIndex: not null })
        {
            throw ScimException.InvalidValue("cursor", "A list is paged either by 'startIndex' or by 'cursor'. Send one of them.");
        }

        return new()
        {
            Filter = string.IsNullOrWhiteSpace(texts.Filter) ? null : FilterParser.Parse(texts.Filter, type),
            Sort = ReadSort(texts, type),
            StartIndex = Math.Max(1, Number("startIndex", texts.StartIndex) ?? 1),
            Count = ReadCount(texts),
            Cursor = texts.Cursor,
            Wanted = wanted,
        };
    }

    /// <summary>What is more than the maximum means the maximum. A page by cursor has at least one (RFC 9865 §2.1), or it would never end.</summary>
    private static int ReadCount(QueryTexts texts)
    {
        if (texts.Cursor is null)
        {
            return (int)Math.Clamp(Number("count", texts.Count) ?? DefaultCount, 0, MaximalCount);
        }

        return ParseNumber(texts.Count) is { IsNumber: true, Number: null or > 0 } count
            ? (int)Math.Min(count.Number ?? DefaultCount, MaximalCount)
            : throw new ScimFailure(400, "invalidCount", $"With a cursor, 'count' must be a whole number from 1 to {MaximalCount}.");
    }

    private static Sort? ReadSort(QueryTexts texts, ResourceType type)
    {
        var descending = texts.SortOrder switch
        {
            null or "" => false,
            var order when order.Equals("ascending", StringComparison.OrdinalIgnoreCase) => false,
            var order when order.Equals("descending", StringComparison.OrdinalIgnoreCase) => true,
            _ => throw ScimException.InvalidValue("sortOrder", "sortOrder must be 'ascending' or 'descending'."),
        };
        return string.IsNullOrWhiteSpace(texts.SortBy)
            ? null
            : new Sort { Path = AttributePaths.ParseSortBy(texts.SortBy, type), Descending = descending };
    }

    private static long? Number(string name, string? text) => ParseNumber(text) is { IsNumber: true } parsed
        ? parsed.Number
        : throw ScimException.InvalidValue(name, $"'{name}' must be a whole number.");

    /// <summary>A whole number, or null if none is given; too large a one is as large as can be.</summary>
    private static (bool IsNumber, long? Number) ParseNumber(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return (true, null);
        }

        if (long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite,
            CultureInfo.InvariantCulture, out var number))
        {
            return (true, number);
        }

        var digits = text.AsSpan().Trim();
        var isNegative = digits.StartsWith("-");
        digits = isNegative ? digits[1..] : digits;
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9')
            ? (true, isNegative ? long.MinValue : long.MaxValue)
            : (false, null);
    }
}

/// <summary>The parameters of a list as text, whether they came in a query or in the body of a .search.</summary>
internal sealed record QueryTexts(string? Filter, string? SortBy, string? SortOrder, string? StartIndex, string? Count, string? Cursor);

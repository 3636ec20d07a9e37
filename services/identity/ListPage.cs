using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;

namespace DirectorySync.Identity;

/// <summary>Part of a list in the order of ids, named by the id of a neighbour. Queries call the listed table `r`.</summary>
internal sealed record ListPage(int Limit, string After, string Before, bool Ascending)
{
    private const int Usual = 10;
    private const int Largest = 100;

    public static ListPage Of(Page? page)
    {
        page ??= new Page();
        if (page.Limit is < 0 or > Largest)
        {
            throw Inputs.Invalid(
                "limit", $"{page.Limit}", $"A page has 1 to {Largest} items.", $"Give a limit from 1 to {Largest}, or none for {Usual}.");
        }

        foreach (var id in (ReadOnlySpan<string>)[page.After, page.Before])
        {
            if (id.Length > 0 && !Inputs.IsId(id))
            {
                throw ErrorReason.InvalidPageToken.ToRpc("A page starts at an id of this list. Take it from list_metadata.");
            }
        }

        return new(page.Limit == 0 ? Usual : page.Limit, page.After, page.Before, page.Ascending);
    }

    // A page before something is read backwards from there, unless it is bounded on both sides.
    private bool Backwards => Before.Length > 0 && After.Length == 0;

    /// <summary>" and r.id …", order and limit: one row more than the page, which tells whether there is another.</summary>
    public SqlText Tail
    {
        get
        {
            var after = After.Length == 0 ? SqlText.Empty : Ascending ? $" and r.id > {After}" : (SqlText)$" and r.id < {After}";
            var before = Before.Length == 0 ? SqlText.Empty : Ascending ? $" and r.id < {Before}" : (SqlText)$" and r.id > {Before}";
            var order = Ascending ^ Backwards ? (SqlText)$" order by r.id" : $" order by r.id desc";
            return $"{after}{before}{order} limit {Limit + 1}";
        }
    }

    /// <summary>Cuts what the query returned to the page, in the list's order, and says where its neighbours start.</summary>
    public (IReadOnlyList<T> Rows, PageMetadata Metadata) Cut<T>(List<T> rows, Func<T, string> id)
    {
        var more = rows.Count > Limit;
        if (more)
        {
            rows.RemoveAt(Limit);
        }

        if (Backwards)
        {
            rows.Reverse();
        }

        if (rows.Count == 0)
        {
            return (rows, new PageMetadata());
        }

        var hasBefore = Backwards ? more : After.Length > 0;
        var hasAfter = Backwards || more;
        return (rows, new PageMetadata { Before = hasBefore ? id(rows[0]) : "", After = hasAfter ? id(rows[^1]) : "" });
    }
}

using DirectorySync.Identity.V1;

namespace DirectorySync.Events.Reading;

/// <summary>A part of a list in the order of ids. Queries call the listed table `r`.</summary>
internal sealed class ListPage
{
    private const int Usual = 10;
    private const int Largest = 100;

    private readonly Page page;
    private readonly int limit;

    // A page before something is read backwards from there, unless it is bounded on both sides.
    private readonly bool backwards;

    public ListPage(Page? page)
    {
        this.page = page ?? new();
        if (this.page.Limit is < 0 or > Largest)
        {
            throw Inputs.Invalid("limit", $"{this.page.Limit}", $"A page has 1 to {Largest} items.", $"Give 0 for {Usual}.");
        }

        if ((this.page.After.Length > 0 && !Inputs.IsId(this.page.After)) || (this.page.Before.Length > 0 && !Inputs.IsId(this.page.Before)))
        {
            throw Inputs.InvalidCursor();
        }

        limit = this.page.Limit == 0 ? Usual : this.page.Limit;
        backwards = this.page.Before.Length > 0 && this.page.After.Length == 0;
    }

    /// <summary>" and r.id …", order and limit: one row more than the page, which tells whether there is another.</summary>
    public SqlText Tail
    {
        get
        {
            var above = page.Ascending ? page.After : page.Before;
            var below = page.Ascending ? page.Before : page.After;
            var from = above.Length == 0 ? SqlText.Empty : (SqlText)$" and r.id > {above}";
            var to = below.Length == 0 ? SqlText.Empty : (SqlText)$" and r.id < {below}";
            return page.Ascending != backwards
                ? $"{from}{to} order by r.id limit {limit + 1}"
                : (SqlText)$"{from}{to} order by r.id desc limit {limit + 1}";
        }
    }

    /// <summary>Cuts what the query returned to the page, in the list's order, and says where its neighbours start.</summary>
    public PageMetadata Cut<T>(List<T> rows, Func<T, string> id)
    {
        var more = rows.Count > limit;
        rows.RemoveRange(Math.Min(limit, rows.Count), rows.Count - Math.Min(limit, rows.Count));
        if (backwards)
        {
            rows.Reverse();
        }

        var metadata = new PageMetadata();
        if (rows.Count > 0)
        {
            metadata.Before = (backwards ? more : page.After.Length > 0) ? id(rows[0]) : "";
            metadata.After = backwards || more ? id(rows[^1]) : "";
        }

        return metadata;
    }
}

using System.Globalization;

namespace DirectorySync.Events.Reading;

/// <summary>Which part of the log is wanted.</summary>
/// <param name="Filter">Which events.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="Above">Only positions above.</param>
/// <param name="Below">Only positions below.</param>
/// <param name="Descending">Newest first.</param>
internal sealed record LogPage(EventFilter Filter, int Limit, long Above = 0, long Below = long.MaxValue, bool Descending = false);

/// <summary>An event and its place in the log.</summary>
internal sealed record LoggedEvent(long Position, byte[] Data)
{
    public Event Parse() => Event.Parser.ParseFrom(Data);
}

/// <summary>Reads the log.</summary>
internal sealed class EventStore(Database database)
{
    /// <summary>The position of an event, or null if there is none of the id. The id holds the time, and with it the partition.</summary>
    public async Task<long?> FindPositionAsync(string id, CancellationToken ct) => TimeOf(id) is not { } time ? null : await database.Sql($"""
        select e.position from events e where e.create_time = {time} and e.id = {id}
        """).FindAsync(row => (long?)row.GetInt64(0), ct);

    /// <summary>An event, or null.</summary>
    public async Task<Event?> FindAsync(string id, CancellationToken ct) => TimeOf(id) is not { } time ? null : await database.Sql($"""
        select e.data from events e where e.create_time = {time} and e.id = {id}
        """).FindAsync(row => Event.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct);

    /// <summary>The position of the first event told at a time or later; null: there is none yet.</summary>
    public Task<long?> FindFirstAsync(DateTimeOffset time, CancellationToken ct) => database.Sql($"""
        select e.position from events e where e.create_time >= {time} order by e.create_time, e.position limit 1
        """).FindAsync(row => (long?)row.GetInt64(0), ct);

    public Task<List<LoggedEvent>> ListAsync(LogPage page, CancellationToken ct)
    {
        var filter = page.Filter;
        var inDirectory = filter.DirectoryId.Length == 0 ? SqlText.Empty : (SqlText)$" and e.directory_id = {filter.DirectoryId}";
        var ofUser = filter.UserId.Length == 0 ? SqlText.Empty : (SqlText)$" and e.user_id = {filter.UserId}";
        var inOrganization = filter.OrganizationId.Length == 0 ? SqlText.Empty : (SqlText)$" and e.organization_id = {filter.OrganizationId}";
        var order = filter.DirectoryId.Length > 0 ? (SqlText)$"e.sequence" : $"e.position";
        var direction = page.Descending ? (SqlText)$"desc" : SqlText.Empty;
        var bounds = (SqlText)$"e.position > {page.Above} and e.position < {page.Below}{inDirectory}{ofUser}{inOrganization}";
        var types = filter.Types_.ToArray();
        if (types.Length == 0 || filter.DirectoryId.Length > 0 || filter.OrganizationId.Length > 0)
        {
            var ofType = types.Length == 0 ? SqlText.Empty : (SqlText)$" and e.type = any({types})";
            return ReadAsync($"select e.position, e.data from events e where {bounds}{ofType} order by {order} {direction} limit {page.Limit}", ct);
        }

        // Each type from its own index, so that rare ones are found at once.
        return ReadAsync($"""
            select e.position, e.data
            from unnest({types}) as t (type)
            cross join lateral (
              select e.position, e.data from events e where e.type = t.type and {bounds} order by e.position {direction} limit {page.Limit}
            ) e
            order by e.position {direction}
            limit {page.Limit}
            """, ct);
    }

    private Task<List<LoggedEvent>> ReadAsync(SqlText query, CancellationToken ct) =>
        database.ListPlannedOnceAsync(query, row => new LoggedEvent(row.GetInt64(0), row.GetFieldValue<byte[]>(1)), ct);

    // The first 48 bits of a UUIDv7 are milliseconds since 1970.
    private static DateTimeOffset? TimeOf(string id) => Guid.TryParseExact(id, "D", out var guid) && guid.Version == 7
        && long.TryParse(guid.ToString("N").AsSpan(0, 12), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var time)
        ? DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(time, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()))
        : null;
}

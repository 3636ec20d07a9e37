using System.Buffers;
using DirectorySync.Chassis.Sql;

namespace DirectorySync.Identity.Requests;

/// <summary>
/// Takes erased people out of the log of requests: an entry that names one keeps what was done and when, and loses what was said. Batches commit
/// one by one; what is still to be done is in a table, so that a crash repeats some of it and loses nothing.
/// </summary>
internal sealed class RequestErasure(Database database)
{
    private const int Batch = 500;
    private const int Most = 200;

    /// <summary>What may be kept of an entry that names an erased person.</summary>
    public static ScimRequest Strip(ScimRequest request)
    {
        var stripped = request.Clone();
        stripped.Path = StripPath(request.Path);
        (stripped.Query, stripped.Detail, stripped.RequestBody, stripped.ResponseBody, stripped.Erased) = ("", "", null, null, true);
        return stripped;
    }

    /// <summary>True if nothing is left to do in the directory.</summary>
    public async Task<bool> EraseAsync(string directoryId, CancellationToken ct)
    {
        var erasures = await database.Sql($"select e.user_id, e.words from request_erasures e where e.directory_id = {directoryId} order by e.user_id limit {Most}")
            .ListAsync(row => (Id: row.GetString(0), Words: row.GetFieldValue<string[]>(1)), ct);
        if (erasures.Count == 0)
        {
            return true;
        }

        // Whoever appended before the erasure has committed; whoever appends from now on knows of it.
        await database.Sql($"select 1 from directories d where d.id = {directoryId} for update").ExistsAsync(ct);
        string[] ids = [.. erasures.Select(erasure => erasure.Id)];
        var words = new HashSet<string>([.. ids, .. erasures.SelectMany(erasure => erasure.Words)], StringComparer.OrdinalIgnoreCase);
        await ForEachAsync(directoryId, SearchValues.Create(ids, StringComparison.OrdinalIgnoreCase), about =>
        {
            words.UnionWith(about.Where(entry => ids.Any(id => PersonWords.IsAbout(entry, id))).SelectMany(PersonWords.Of));
            return Task.CompletedTask;
        }, ct);
        await ForEachAsync(directoryId, SearchValues.Create([.. words], StringComparison.OrdinalIgnoreCase), found => StripAsync(directoryId, found, ct), ct);
        await database.Sql($"delete from request_erasures e where e.directory_id = {directoryId} and e.user_id = any({ids})").ExecuteAsync(ct);
        return erasures.Count < Most;
    }

    private async Task ForEachAsync(string directoryId, SearchValues<string> words, Func<List<ScimRequest>, Task> handle, CancellationToken ct)
    {
        for (var after = ""; ;)
        {
            var entries = await database.Sql($"""
                select r.id, r.data from scim_requests r where r.directory_id = {directoryId} and r.id > {after} order by r.id limit {Batch}
                """).ListAsync(row => (Id: row.GetString(0), Data: row.GetFieldValue<byte[]>(1)), ct);
            var found = entries.Select(entry => RequestLogStore.Read(directoryId, entry.Data))
                .Where(entry => !entry.Erased && PersonWords.TextOf(entry).AsSpan().ContainsAny(words)).ToList();
            if (found.Count > 0)
            {
                await handle(found);
            }

            if (entries.Count < Batch)
            {
                return;
            }

            after = entries[^1].Id;
        }
    }

    private Task<int> StripAsync(string directoryId, List<ScimRequest> found, CancellationToken ct)
    {
        var stripped = found.ConvertAll(Strip);
        return database.Sql($"""
            update scim_requests r set path = i.path, data = i.data
            from unnest({stripped.Select(entry => entry.Id).ToArray()}, {stripped.Select(entry => entry.CreateTime.ToDateTimeOffset()).ToArray()},
              {stripped.Select(entry => entry.Path).ToArray()}, {stripped.Select(RequestLogStore.Stored).ToArray()}) as i (id, create_time, path, data)
            where r.directory_id = {directoryId} and r.id = i.id and r.create_time = i.create_time
            """).ExecuteAsync(ct);
    }

    // An id stays; what somebody put in the place of one does not.
    private static string StripPath(string path) =>
        string.Join('/', path.Split('/').Select((part, i) => i < 2 || Guid.TryParse(part, out _) || part == ".search" ? part : "…"));
}

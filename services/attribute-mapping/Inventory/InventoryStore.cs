using DirectorySync.AttributeMapping.Engine;
using DirectorySync.AttributeMapping.Mappings;
using DirectorySync.Chassis.Paging;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;

namespace DirectorySync.AttributeMapping.Inventory;

/// <summary>An attribute that arrived, with the users whose values are its samples.</summary>
internal sealed record InventoryRow(
    string Namespace, string Name, long UserCount, string[] SampleUserIds, DateTimeOffset FirstSeen, DateTimeOffset LastSeen)
{
    /// <summary>As a mapping rule names it.</summary>
    public string Path => Namespace.Equals(SchemaUrns.User, StringComparison.OrdinalIgnoreCase) ? Name : $"{Namespace}:{Name}";
}

/// <summary>What ever arrived in a directory.</summary>
internal sealed class InventoryStore(Database database, MappingStore mappings, TimeProvider time)
{
    /// <summary>Of one directory.</summary>
    public const int MostEntries = 5_000;

    private const int Samples = 5;

    public Task<List<InventoryRow>> ListAllAsync(string directoryId, CancellationToken ct) =>
        ReadAsync(directoryId, ("", ""), MostEntries, ct);

    public async Task<ListInventoryResponse> ListAsync(ListInventoryRequest request, CancellationToken ct)
    {
        const string Method = "ListInventory";
        var size = Inputs.PageSize(request.PageSize, 100, 1000);
        var after = request.PageToken.Length > 0 && PageToken.Read(Method, request.PageToken, 2) is [var urn, var name] ? (urn, name) : ("", "");
        var rows = await ReadAsync(request.DirectoryId, after, size + 1, ct);
        var response = new ListInventoryResponse
        {
            Truncated = await database.Sql($"""
                select count(*) >= {MostEntries} from inventory i where i.directory_id = {request.DirectoryId}
                """).SingleAsync(row => row.GetBoolean(0), ct),
        };
        if (rows.Count > size)
        {
            rows.RemoveAt(size);
            response.NextPageToken = PageToken.Issue(Method, rows[^1].Namespace, rows[^1].Name);
        }

        var readers = ReadersOf(await mappings.GetPlanAsync(request.DirectoryId, ct));
        var samples = await ReadSamplesAsync(request.DirectoryId, rows, ct);
        response.Entries.Add(rows.Select(row => new InventoryEntry
        {
            Namespace = row.Namespace,
            Name = row.Name,
            Path = row.Path,
            UserCount = row.UserCount,
            Samples = { samples[row].Select(s => s.Value).Distinct().Take(Samples) },
            FirstSeenTime = row.FirstSeen.ToTimestamp(),
            LastSeenTime = row.LastSeen.ToTimestamp(),
            Attributes = { readers[row.Path.ToLowerInvariant()] },
        }));
        return response;
    }

    /// <summary>
    /// What users have at paths for which no count is kept, as far as there is something: read from every user of the directory.
    /// </summary>
    public async Task<List<InventoryRow>> CountAsync(string directoryId, IReadOnlyList<SourcePath> paths, CancellationToken ct)
    {
        var users = new List<string>[paths.Count];
        var counts = new long[paths.Count];
        if (paths.Count > 0)
        {
            await foreach (var user in database.Sql($"select p.user_data from profiles p where p.directory_id = {directoryId}")
                .StreamAsync(row => User.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct))
            {
                using var document = new UserDocument(user);
                for (var i = 0; i < paths.Count; i++)
                {
                    if (paths[i].Read(document).Count > 0 && counts[i]++ < Samples)
                    {
                        (users[i] ??= []).Add(user.Id);
                    }
                }
            }
        }

        var now = time.Now();
        return
        [
            .. paths.Select((path, i) => new InventoryRow(
                path.Namespace, path.Namespace == SchemaUrns.User ? path.Text : path.Text[(path.Namespace.Length + 1)..],
                counts[i], [.. users[i] ?? []], now, now)).Where(row => row.UserCount > 0),
        ];
    }

    /// <summary>Values as they may be shown, with their users. Read from the users themselves: no copy outlives them.</summary>
    public async Task<Dictionary<InventoryRow, List<(string UserId, string Value)>>> ReadSamplesAsync(
        string directoryId, IReadOnlyList<InventoryRow> rows, CancellationToken ct)
    {
        var ids = rows.SelectMany(r => r.SampleUserIds).Distinct().ToArray();
        var users = await database.Sql($"""
            select p.user_id, p.user_data from profiles p where p.directory_id = {directoryId} and p.user_id = any({ids})
            """).ListAsync(row => (Id: row.GetString(0), User: User.Parser.ParseFrom(row.GetFieldValue<byte[]>(1))), ct);
        var documents = users.ToDictionary(u => u.Id, u => new UserDocument(u.User));
        try
        {
            return rows.ToDictionary(row => row, row => SamplesOf(row, documents).ToList());
        }
        finally
        {
            foreach (var document in documents.Values)
            {
                document.Dispose();
            }
        }
    }

    private static IEnumerable<(string UserId, string Value)> SamplesOf(InventoryRow row, Dictionary<string, UserDocument> documents)
    {
        var path = SourcePath.Of(row.Path);
        foreach (var id in row.SampleUserIds)
        {
            if (path is not null && documents.TryGetValue(id, out var document) && path.Read(document) is [var value, ..])
            {
                yield return (id, Secrets.Show(row.Path, MappedValue.Of(value).Shown));
            }
        }
    }

    private static ILookup<string, string> ReadersOf(MappingPlan plan) => plan.Rules
        .SelectMany(rule => rule.Paths.SelectMany(path => path.Spellings.Select(text => (Path: text.ToLowerInvariant(), rule.Definition.Name))))
        .Distinct()
        .ToLookup(pair => pair.Path, pair => pair.Name);

    private Task<List<InventoryRow>> ReadAsync(string directoryId, (string Namespace, string Name) after, int limit, CancellationToken ct) =>
        database.Sql($"""
            select i.namespace, i.name, i.user_count, i.sample_user_ids, i.first_seen_time, i.last_seen_time
            from inventory i
            where i.directory_id = {directoryId} and (i.namespace, i.name) > ({after.Namespace}, {after.Name})
            order by i.namespace, i.name
            limit {limit}
            """).ListAsync(
            row => new InventoryRow(
                row.GetString(0), row.GetString(1), row.GetInt64(2),
                [.. row.GetFieldValue<string[]>(3).Select(Uri.UnescapeDataString)],
                row.GetFieldValue<DateTimeOffset>(4), row.GetFieldValue<DateTimeOffset>(5)),
            ct);
}

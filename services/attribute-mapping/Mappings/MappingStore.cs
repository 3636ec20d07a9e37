using System.Globalization;
using DirectorySync.AttributeMapping.Engine;
using DirectorySync.AttributeMapping.Profiles;
using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Paging;
using DirectorySync.Chassis.Sql;
using Google.Protobuf;
using Npgsql;

namespace DirectorySync.AttributeMapping.Mappings;

/// <summary>Mappings of directories in PostgreSQL, every version of them.</summary>
internal sealed class MappingStore(Database database, Plans plans, ChangeFeed feed, TimeProvider time)
{
    private const string Thing = "mapping";

    /// <summary>The current one; NOT_FOUND without the directory.</summary>
    public async Task<DirectoryMapping> GetAsync(string directoryId, CancellationToken ct)
    {
        Inputs.RequireId(directoryId, "directory");
        return await database.Sql($"""
            select d.mapping_version, v.data
            from directory_mappings d
            left join mapping_versions v on v.directory_id = d.directory_id and v.version = d.mapping_version
            where d.directory_id = {directoryId} and not d.closed
            """).FindAsync(row => row.IsDBNull(1) ? Automatic(directoryId) : Read(row, 1), ct) ?? throw Inputs.NotFound("directory");
    }

    public async Task<ListMappingVersionsResponse> ListVersionsAsync(ListMappingVersionsRequest request, CancellationToken ct)
    {
        const string Method = "ListMappingVersions";
        var size = Inputs.PageSize(request.PageSize, 20, 100);
        var before = request.PageToken.Length == 0 ? long.MaxValue
            : long.TryParse(PageToken.Read(Method, request.PageToken, 1)[0], CultureInfo.InvariantCulture, out var version) ? version : 0;
        await GetAsync(request.DirectoryId, ct);
        var rows = await database.Sql($"""
            select v.data from mapping_versions v
            where v.directory_id = {request.DirectoryId} and v.version < {before}
            order by v.version desc
            limit {size + 1}
            """).ListAsync(row => Read(row, 0), ct);
        return new()
        {
            Versions = { rows.Take(size) },
            NextPageToken = rows.Count > size ? PageToken.Issue(Method, $"{rows[size - 1].Version}") : "",
        };
    }

    /// <summary>Replaces the rules by what the function makes of the current mapping; nothing happens if they stay the same.</summary>
    public async Task<DirectoryMapping> WriteAsync(
        string directoryId, long? expectedVersion, Func<Transaction, DirectoryMapping, Task<DirectoryMapping>> change, CancellationToken ct)
    {
        Inputs.RequireId(directoryId, "directory");
        var written = await database.InTransactionAsync(
            async tx =>
            {
                var current = await tx.Sql($"""
                    select d.mapping_version from directory_mappings d where d.directory_id = {directoryId} and not d.closed for update
                    """).ListAsync(row => row.GetInt64(0), ct) is [var version]
                    ? await FindVersionAsync(tx, directoryId, version, ct) ?? Automatic(directoryId)
                    : throw Inputs.NotFound("directory");
                if (expectedVersion is { } expected && expected != current.Version)
                {
                    throw Inputs.Stale(Thing);
                }

                var wanted = await change(tx, current);
                if (wanted.Rules.Equals(current.Rules))
                {
                    return current;
                }

                var next = new DirectoryMapping
                {
                    DirectoryId = directoryId,
                    Version = current.Version + 1,
                    Rules = { wanted.Rules },
                    RestoredVersion = wanted.RestoredVersion,
                    CreateTime = time.Now().ToTimestamp(),
                };
                tx.Audit("attribute_mapping.updated", directoryId, current, next, directoryId);
                var data = next.ToByteArray();
                await tx.ExecuteAllAsync(
                    [
                        $"insert into mapping_versions (directory_id, version, data) values ({directoryId}, {next.Version}, {data})",
                        $"update directory_mappings set mapping_version = {next.Version} where directory_id = {directoryId}",
                        Changes.Append(directoryId, DirectoryMapping.Descriptor, directoryId, next.Version, deleted: false, data),
                    ],
                    ct);
                return next;
            },
            ct);
        feed.Wake();
        return written;
    }

    public static Task<DirectoryMapping?> FindVersionAsync(Transaction tx, string directoryId, long version, CancellationToken ct) => tx.Sql($"""
        select v.data from mapping_versions v where v.directory_id = {directoryId} and v.version = {version}
        """).FindAsync<DirectoryMapping?>(row => Read(row, 0), ct);

    /// <summary>As users are mapped now.</summary>
    public Task<MappingPlan> GetPlanAsync(string directoryId, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var definitions = await Plans.HoldDefinitionsAsync(tx, ct);
            var held = await DirectoryRows.HoldAsync(tx, [directoryId], ct);
            return held.TryGetValue(directoryId, out var directory)
                ? await plans.GetAsync(tx, directoryId, definitions, directory, ct)
                : throw Inputs.NotFound("directory");
        },
        ct);

    public async Task<Recomputation> GetRecomputationAsync(string directoryId, CancellationToken ct)
    {
        Inputs.RequireId(directoryId, "directory");
        return await database.Sql($"""
            select d.mapping_version, r.done, r.total, r.changed, r.problems, r.start_time, r.finish_time,
              (r.definition_version, r.mapping_version) is not distinct from (v.version, d.mapping_version),
              extract(epoch from coalesce(r.finish_time, now()) - r.start_time)::double precision
            from directory_mappings d
            cross join definition_versions v
            left join recomputations r on r.directory_id = d.directory_id
            where d.directory_id = {directoryId} and not d.closed
            """).FindAsync(row => ReadRecomputation(directoryId, row), ct) ?? throw Inputs.NotFound("directory");
    }

    private static Recomputation ReadRecomputation(string directoryId, NpgsqlDataReader row)
    {
        var recomputation = new Recomputation { DirectoryId = directoryId, MappingVersion = row.GetInt64(0), State = RecomputationState.Waiting };
        if (row.IsDBNull(1) || !row.GetBoolean(7))
        {
            return recomputation;
        }

        (recomputation.Done, recomputation.Total) = (row.GetInt64(1), row.GetInt64(2));
        (recomputation.Changed, recomputation.Problems) = (row.GetInt64(3), row.GetInt64(4));
        (recomputation.StartTime, recomputation.FinishTime) = (row.FindTime(5), row.FindTime(6));
        recomputation.Rate = row.IsDBNull(8) || row.GetDouble(8) <= 0 ? 0 : recomputation.Done / row.GetDouble(8);
        recomputation.State = recomputation.StartTime is null || recomputation.FinishTime is not null
            ? RecomputationState.UpToDate
            : RecomputationState.Running;
        return recomputation;
    }

    private static DirectoryMapping Automatic(string directoryId) => new() { DirectoryId = directoryId };

    private static DirectoryMapping Read(NpgsqlDataReader row, int column) =>
        DirectoryMapping.Parser.ParseFrom(row.GetFieldValue<byte[]>(column));
}

using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>All that exists here, for consumers that start from nothing.</summary>
internal sealed class FeedSources(Database database)
{
    public async Task<IReadOnlyList<Change>> ListDefinitionsAsync(string directoryId, Change? after, int limit, CancellationToken ct) =>
        directoryId.Length > 0 ? [] : await database.Sql($"""
            select d.name_key, d.version, d.data from definitions d where d.name_key > {after?.ResourceId ?? ""} order by d.name_key limit {limit}
            """).ListAsync(
            row => FeedImage.Of("", Definition.Descriptor.FullName, row.GetString(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2)), ct);

    public async Task<IReadOnlyList<Change>> ListMappingsAsync(string directoryId, Change? after, int limit, CancellationToken ct) =>
        await database.Sql($"""
            select d.directory_id, v.version, v.data
            from directory_mappings d
            join mapping_versions v on v.directory_id = d.directory_id and v.version = d.mapping_version
            where not d.closed and d.directory_id > {after?.DirectoryId ?? ""} and {In(directoryId, $"d.directory_id")}
            order by d.directory_id
            limit {limit}
            """).ListAsync(
            row => FeedImage.Of(
                row.GetString(0), DirectoryMapping.Descriptor.FullName, row.GetString(0), row.GetInt64(1), row.GetFieldValue<byte[]>(2)),
            ct);

    public async Task<IReadOnlyList<Change>> ListProfilesAsync(string directoryId, Change? after, int limit, CancellationToken ct) =>
        await database.Sql($"""
            select p.directory_id, p.user_id, p.version, p.data
            from profiles p
            where (p.directory_id, p.user_id) > ({after?.DirectoryId ?? ""}, {after?.ResourceId ?? ""}) and {In(directoryId, $"p.directory_id")}
              and not exists (select from directory_mappings d where d.directory_id = p.directory_id and d.closed)
            order by p.directory_id, p.user_id
            limit {limit}
            """).ListAsync(
            row => FeedImage.Of(
                row.GetString(0), Profile.Descriptor.FullName, row.GetString(1), row.GetInt64(2), row.GetFieldValue<byte[]>(3)),
            ct);

    private static SqlText In(string directoryId, SqlText column) =>
        directoryId.Length == 0 ? $"true" : (SqlText)$"{column} = {directoryId}";
}

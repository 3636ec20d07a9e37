using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using Google.Protobuf.Reflection;

namespace DirectorySync.Identity;

/// <summary>All that exists, for services and applications that start from nothing.</summary>
internal static class FeedSources
{
    public static FeedSource Organizations(IServiceProvider services) => (directoryId, after, limit, ct) => directoryId.Length > 0
        ? Task.FromResult<IReadOnlyList<Change>>([])
        : PageAsync(services, Organization.Descriptor, $"""
            select '', id, version, data from organizations where id > {IdOf(after)} order by id limit {limit}
            """, ct);

    public static FeedSource Directories(IServiceProvider services) => (directoryId, after, limit, ct) => PageAsync(
        services, Directory.Descriptor, $"""
            select id, id, version, data from directories r where id > {IdOf(after)}{Only(directoryId, $"r.id")} order by id limit {limit}
            """, ct);

    public static FeedSource ScimTokens(IServiceProvider services) => InDirectories(services, ScimToken.Descriptor, $"scim_tokens");

    public static FeedSource Users(IServiceProvider services) => InDirectories(services, User.Descriptor, $"users");

    public static FeedSource ErasedUsers(IServiceProvider services) => InDirectories(services, ErasedUser.Descriptor, $"erased_users");

    public static FeedSource Alerts(IServiceProvider services) => InDirectories(services, DirectoryAlert.Descriptor, $"directory_alerts");

    private static FeedSource InDirectories(IServiceProvider services, MessageDescriptor type, SqlText table) => (directoryId, after, limit, ct) =>
        PageAsync(services, type, $"""
            select directory_id, id, version, data from {table} r
            where (directory_id, id) > ({DirectoryOf(after)}, {IdOf(after)}){Only(directoryId, $"r.directory_id")}
            order by directory_id, id limit {limit}
            """, ct);

    private static SqlText Only(string directoryId, SqlText column) =>
        directoryId.Length == 0 ? SqlText.Empty : $" and {column} = {directoryId}";

    private static string DirectoryOf(Change? after) => after?.DirectoryId ?? "";

    private static string IdOf(Change? after) => after?.ResourceId ?? "";

    private static async Task<IReadOnlyList<Change>> PageAsync(
        IServiceProvider services, MessageDescriptor type, SqlText query, CancellationToken ct) =>
        await services.GetRequiredService<Database>().Sql(query).ListAsync(
            row => FeedImage.Of(row.GetString(0), type.FullName, row.GetString(1), row.GetInt64(2), row.GetFieldValue<byte[]>(3)), ct);
}

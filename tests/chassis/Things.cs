using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using Microsoft.Extensions.DependencyInjection;

namespace DirectorySync.Chassis.Tests;

/// <summary>What the services under test do with things.</summary>
internal static class Things
{
    public const string Type = "google.protobuf.StringValue";

    public static FeedSource Source(IServiceProvider services) => async (directoryId, after, limit, ct) =>
        await services.GetRequiredService<Database>().Sql($"""
            select directory_id, id, version from things
            where not deleted and ({directoryId} = '' or directory_id = {directoryId})
              and (directory_id, id) > ({after?.DirectoryId ?? ""}, {after?.ResourceId ?? ""})
            order by directory_id, id limit {limit}
            """).ListAsync(row => FeedImage.Of(row.GetString(0), Type, row.GetString(1), row.GetInt64(2), []), ct);

    /// <summary>Keeps an image of the things, and notes each change that was fed.</summary>
    public static FeedEffect Effect { get; } = new(ApplyAsync, SweepAsync);

    private static async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct) =>
        await tx.ExecuteAllAsync(
            batch.Bootstrap is { } bootstrap
                ? batch.Changes.Select(change => Stamp(change, bootstrap))
                : batch.Changes.SelectMany(change => new[] { Note(change), change.Deleted ? Delete(change) : Store(change) }),
            ct);

    private static SqlText Stamp(Change change, Guid bootstrap) => $"""
        insert into images (directory_id, id, version, bootstrap)
        values ({change.DirectoryId}, {change.ResourceId}, {change.Version}, {bootstrap})
        on conflict (directory_id, id) do update set bootstrap = excluded.bootstrap, version = case
          when images.bootstrap is distinct from excluded.bootstrap then excluded.version
          else greatest(images.version, excluded.version) end
        """;

    private static SqlText Note(Change change) => $"""
        insert into applications (directory_id, change_id, id, version)
        values ({change.DirectoryId}, {change.Id}, {change.ResourceId}, {change.Version})
        """;

    private static SqlText Delete(Change change) =>
        $"delete from images where directory_id = {change.DirectoryId} and id = {change.ResourceId}";

    private static SqlText Store(Change change) => $"""
        insert into images (directory_id, id, version) values ({change.DirectoryId}, {change.ResourceId}, {change.Version})
        on conflict (directory_id, id) do update set version = excluded.version where images.version < excluded.version
        """;

    private static async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct) =>
        await tx.Sql($"delete from images where bootstrap is distinct from {bootstrap}").ExecuteAsync(ct);
}

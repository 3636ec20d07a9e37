using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Roles;

/// <summary>What identity's changes mean here: whose each directory is, and that it closes. Users come through attribute-mapping.</summary>
internal sealed class IdentityFeed(DirectoryStore directories)
{
    private static readonly string DirectoryType = Directory.Descriptor.FullName;

    public FeedEffect Effect => new(ApplyAsync, directories.CloseUnlistedAsync) { ResourceTypes = [DirectoryType] };

    internal async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        // The last state of each in the batch is what counts.
        var changes = batch.Changes.Where(c => FeedImage.TypeOf(c) == DirectoryType)
            .GroupBy(c => c.ResourceId)
            .ToDictionary(group => group.Key, group => group.Last());
        if (changes.Count == 0)
        {
            return;
        }

        await Terms.LockAsync(tx, changes.Keys, ct);
        foreach (var (id, change) in changes.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            var directory = change.Resource.Unpack<Directory>();
            if (change.Deleted || directory.State == DirectoryState.Deleting)
            {
                await directories.CloseAsync(tx, id, ct);
            }
            else
            {
                await DirectoryStore.AddAsync(tx, id, directory.OrganizationId, batch.Bootstrap, ct);
            }
        }
    }
}

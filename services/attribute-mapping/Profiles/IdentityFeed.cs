using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>What identity's changes mean here: every change of a user makes a profile; directories come and go.</summary>
internal sealed class IdentityFeed(UserChanges users)
{
    private static readonly string UserType = User.Descriptor.FullName;
    private static readonly string DirectoryType = Directory.Descriptor.FullName;

    public FeedEffect Effect => new(ApplyAsync, SweepAsync);

    private async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        var directories = batch.Changes.Where(c => FeedImage.TypeOf(c) == DirectoryType).ToLookup(IsGone, c => c.ResourceId);
        if (directories[false].Any())
        {
            await DirectoryRows.AddAsync(tx, [.. directories[false].Distinct()], batch.Bootstrap, ct);
        }

        if (directories[true].Any())
        {
            await DirectoryRows.CloseAsync(tx, [.. directories[true].Distinct()], ct);
        }

        var changes = batch.Changes.Where(c => FeedImage.TypeOf(c) == UserType).ToList();
        if (changes.Count > 0)
        {
            await users.ApplyAsync(tx, changes, batch.Bootstrap, ct);
        }
    }

    private async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        await DirectoryRows.CloseUnlistedAsync(tx, bootstrap, ct);
        await users.SweepAsync(tx, bootstrap, ct);
    }

    private static bool IsGone(Change change) =>
        change.Deleted || change.Resource.Unpack<Directory>().State == DirectoryState.Deleting;
}

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
    private static readonly string ErasedUserType = ErasedUser.Descriptor.FullName;
    private static readonly string DirectoryType = Directory.Descriptor.FullName;

    public FeedEffect Effect => new(ApplyAsync, SweepAsync);

    private async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        var directories = batch.Changes.Where(c => FeedImage.TypeOf(c) == DirectoryType)
            .Select(c => (c.Deleted, Directory: Read(c))).ToLookup(d => d.Deleted || d.Directory.State == DirectoryState.Deleting, d => d.Directory);
        if (directories[false].Any())
        {
            await DirectoryRows.AddAsync(tx, [.. directories[false]], batch.Bootstrap, ct);
        }

        if (directories[true].Any())
        {
            var closed = directories[true].Select(d => d.Id).Distinct().ToArray();
            await DirectoryRows.CloseAsync(tx, closed, ct);
            await tx.Sql(ChangeFeed.Erase(closed, Array.ConvertAll(closed, _ => ""))).ExecuteAsync(ct);
        }

        var changes = batch.Changes.Where(c => FeedImage.TypeOf(c) == UserType).ToList();
        if (changes.Count > 0)
        {
            await users.ApplyAsync(tx, changes, batch.Bootstrap, ct);
        }

        var erased = batch.Changes.Where(c => FeedImage.TypeOf(c) == ErasedUserType).ToList();
        if (erased.Count > 0)
        {
            await tx.Sql(ChangeFeed.Erase(erased.ConvertAll(c => c.DirectoryId), erased.ConvertAll(c => c.ResourceId))).ExecuteAsync(ct);
        }
    }

    private async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        await DirectoryRows.CloseUnlistedAsync(tx, bootstrap, ct);
        await users.SweepAsync(tx, bootstrap, ct);
    }

    private static Directory Read(Change change)
    {
        var directory = Directory.Parser.ParseFrom(change.Resource.Value);
        directory.Id = change.ResourceId;
        return directory;
    }
}

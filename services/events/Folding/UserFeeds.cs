using DirectorySync.AttributeMapping.V1;
using DirectorySync.Chassis.Feed;
using DirectorySync.Events.Alerts;
using DirectorySync.Events.Erasure;
using DirectorySync.Events.Telling;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Roles.V1;
using Google.Protobuf;

namespace DirectorySync.Events.Folding;

/// <summary>Folds what a service says of users into their rows.</summary>
internal sealed class UserFolding(TellerSignal teller)
{
    private const int Batch = 500;

    /// <summary>The changes of users in the batch: the last state of each is what counts.</summary>
    public async Task ApplyAsync(
        Transaction tx, FeedBatch batch, UserPart part, string type, Func<Change, bool, byte[]> stored, CancellationToken ct)
    {
        var changes = batch.Changes.Where(c => FeedImage.TypeOf(c) == type).GroupBy(UserPart.KeyOf).Select(group => group.Last()).ToList();
        if (changes.Count == 0)
        {
            return;
        }

        var terms = await Terms.LockAsync(tx, changes.Select(c => c.DirectoryId), ct);
        var users = await part.WriteAsync(
            tx, [.. changes.Where(c => terms.IsOpen(c.DirectoryId)).Select(c => (c, c.Deleted ? [] : stored(c, terms[c.DirectoryId].ShowsRaw)))], batch.Bootstrap, ct);
        await CurrentUsers.RenewAsync(tx, terms, users, ct);
        if (part != UserPart.Roles)
        {
            // roles writes for many requests at once, and names one of them for all.
            await PendingTraces.NoteAsync(
                tx, changes.Where(c => terms.IsOpen(c.DirectoryId)).Select(c => (UserPart.KeyOf(c), c.Traceparent)), ct);
        }

        teller.WakeAfter(tx);
    }

    /// <summary>A service whose listing did not name a user does not know it any more.</summary>
    public async Task SweepAsync(Transaction tx, UserPart part, Guid bootstrap, CancellationToken ct)
    {
        var after = new ResourceKey("", "");
        while (await part.ListUnlistedAsync(tx, bootstrap, after, Batch, ct) is [.., var last] unlisted)
        {
            after = last;
            var terms = await Terms.LockAsync(tx, unlisted.Select(user => user.DirectoryId), ct);
            await part.ForgetAsync(tx, unlisted, ct);
            await CurrentUsers.RenewAsync(tx, terms, unlisted, ct);
        }

        teller.WakeAfter(tx);
    }
}

/// <summary>What attribute-mapping's changes mean here.</summary>
internal sealed class ProfileFeed(UserFolding users)
{
    public FeedEffect Effect => new(
        (tx, batch, ct) => users.ApplyAsync(
            tx, batch, UserPart.Profile, Profile.Descriptor.FullName, (change, _) => change.Resource.Value.ToByteArray(), ct),
        (tx, bootstrap, ct) => users.SweepAsync(tx, UserPart.Profile, bootstrap, ct));
}

/// <summary>What roles' changes mean here.</summary>
internal sealed class RolesFeed(UserFolding users)
{
    public FeedEffect Effect => new(
        (tx, batch, ct) => users.ApplyAsync(
            tx, batch, UserPart.Roles, UserRoles.Descriptor.FullName, (change, _) => change.Resource.Value.ToByteArray(), ct),
        (tx, bootstrap, ct) => users.SweepAsync(tx, UserPart.Roles, bootstrap, ct));
}

/// <summary>What identity's changes mean here: organizations, directories, tokens and users come, change and go.</summary>
internal sealed class IdentityFeed(UserFolding users, DirectoryRows directories, TokenRows tokens)
{
    public FeedEffect Effect => new(ApplyAsync, SweepAsync);

    private async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        await directories.ApplyAsync(tx, batch, ct);
        await tokens.ApplyAsync(tx, batch, ct);

        // Before the user goes: its row says by which address the application knew it.
        await ErasedUsers.ApplyAsync(tx, batch, ct);
        await users.ApplyAsync(tx, batch, UserPart.Identity, User.Descriptor.FullName, StoredOf, ct);
        await AlertFeed.ApplyAsync(tx, batch, ct);
    }

    private async Task SweepAsync(Transaction tx, Guid bootstrap, CancellationToken ct)
    {
        await DirectoryRows.CloseUnlistedAsync(tx, bootstrap, ct);
        await TokenRows.SweepAsync(tx, bootstrap, ct);
        await users.SweepAsync(tx, UserPart.Identity, bootstrap, ct);
        await AlertFeed.SweepAsync(tx, bootstrap, ct);
    }

    /// <summary>Its times: all else that applications see is in the profile, unless they see what was sent.</summary>
    public static byte[] StoredOf(Change change, bool showsRaw)
    {
        if (showsRaw)
        {
            return change.Resource.Value.ToByteArray();
        }

        var user = User.Parser.ParseFrom(change.Resource.Value);
        return new User { CreateTime = user.CreateTime, UpdateTime = user.UpdateTime }.ToByteArray();
    }
}

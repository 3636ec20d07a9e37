using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.GroupMembership;

/// <summary>
/// Finds out who an id is before an edge is written. Most ids are known from identity's feed; for the others (a user created a moment
/// ago) identity is asked, never inside a transaction.
/// </summary>
internal sealed class MemberResolution(
    Database database, MemberStore members, UserService.UserServiceClient identity, TimeProvider time)
{
    private const int MostPerCall = 10_000;

    /// <summary>How long identity is waited for inside a transaction: well within the time after which PostgreSQL ends an idle one.</summary>
    public static readonly TimeSpan PatienceInTransaction = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>After this every id has its row: present, deleted, or unknown to identity as of now.</summary>
    public async Task EnsureKnownAsync(string directoryId, IReadOnlyCollection<string> ids, CancellationToken ct)
    {
        if (ids.Count > 0)
        {
            await AskAsync(directoryId, await members.ListStrangersAsync(directoryId, ids, ct), ct);
        }
    }

    /// <summary>Asks identity of ids and remembers the answer. A deletion already heard of is never undone by it.</summary>
    public async Task AskAsync(string directoryId, IReadOnlyCollection<string> strangers, CancellationToken ct)
    {
        foreach (var batch in strangers.Distinct(StringComparer.Ordinal).Chunk(MostPerCall))
        {
            var existing = await CheckAsync(directoryId, batch, Patience, ct);
            if (existing.Count > 0)
            {
                string[] ids = [.. existing];
                var directoryIds = new string[ids.Length];
                Array.Fill(directoryIds, directoryId);
                await database.InTransactionAsync(
                    tx => members.AddPresentAsync(tx, directoryIds, ids, bootstrap: null, Clock.Now(time), ct), ct);
            }

            if (existing.Count < batch.Length)
            {
                await members.AddUnknownAsync(directoryId, [.. batch.Where(id => !existing.Contains(id))], ct);
            }
        }
    }

    /// <summary>Those of at most 10,000 ids that identity knows.</summary>
    public async Task<HashSet<string>> CheckAsync(string directoryId, string[] ids, TimeSpan patience, CancellationToken ct)
    {
        try
        {
            var answer = await identity.CheckUsersExistAsync(
                new CheckUsersExistRequest { DirectoryId = directoryId, Ids = { ids } },
                deadline: time.GetUtcNow().UtcDateTime + patience,
                cancellationToken: ct);
            return new(answer.Ids, StringComparer.Ordinal);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded || e.Reason() == ErrorReason.Unspecified)
        {
            // Without a reason it is the transport that speaks, of an identity that died in the middle.
            throw ErrorReason.StoreUnavailable.ToRpc("The identity service cannot be reached to look the members up. Try again.");
        }
    }
}

using DirectorySync.Chassis.Feed;
using DirectorySync.Events.Folding;
using DirectorySync.Identity.V1;
using Google.Protobuf;

namespace DirectorySync.Events.Erasure;

/// <summary>
/// Users that identity says nothing may be kept of, in the transaction that applies the feed: what is yet to be told of them holds ids only from
/// then on. The log and the attempts are emptied by <see cref="LogEraser"/>.
/// </summary>
internal static class ErasedUsers
{
    private static readonly string Type = ErasedUser.Descriptor.FullName;

    public static async Task ApplyAsync(Transaction tx, FeedBatch batch, CancellationToken ct)
    {
        var users = batch.Changes.Where(c => FeedImage.TypeOf(c) == Type).Select(UserPart.KeyOf).Distinct().Order().ToList();
        if (users.Count == 0)
        {
            return;
        }

        await Terms.LockAsync(tx, users.Select(user => user.DirectoryId), ct);
        var (directoryIds, ids) = (users.Select(user => user.DirectoryId).ToArray(), users.Select(user => user.Id).ToArray());
        var told = await tx.Sql($"""
            select u.directory_id, u.id, u.told
            from unnest({directoryIds}, {ids}) as k (directory_id, id)
            join directory_users u on u.directory_id = k.directory_id and u.id = k.id and u.told is not null
            """).ListAsync(
            row => (Key: UserPart.ReadKey(row), Left: Tombstone.Of(DirectoryUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(2))).ToByteArray()), ct);
        await tx.ExecuteAllAsync(
            [
                $"""
                update directory_users u
                set told = i.data, told_idp_id = '', told_email_key = ''
                from unnest({told.Select(t => t.Key.DirectoryId).ToArray()}, {told.Select(t => t.Key.Id).ToArray()},
                  {told.Select(t => t.Left).ToArray()}) as i (directory_id, id, data)
                where u.directory_id = i.directory_id and u.id = i.id
                """,
                $"""
                delete from invitations v
                using unnest({directoryIds}, {ids}) as i (directory_id, user_id)
                where v.directory_id = i.directory_id and v.user_id = i.user_id
                """,
                $"""
                delete from adopted_users a
                using unnest({directoryIds}, {ids}) as i (directory_id, user_id)
                where a.directory_id = i.directory_id and a.user_id = i.user_id
                """,
                // Nobody may have looked yet whose row it is.
                $"""
                delete from adopted_users a
                using unnest({directoryIds}, {ids}) as i (directory_id, user_id)
                join directory_users u on u.directory_id = i.directory_id and u.id = i.user_id
                where a.directory_id = i.directory_id and a.email_key = u.email_key and a.user_id is null
                """,
                Request(directoryIds, ids),
            ],
            ct);
    }

    /// <summary>Has the log and the attempts emptied.</summary>
    /// <param name="directoryIds">Of each user.</param>
    /// <param name="userIds">Empty: the whole directory.</param>
    public static SqlText Request(string[] directoryIds, string[] userIds) => $"""
        insert into erasures (directory_id, user_id)
        select * from unnest({directoryIds}, {userIds}) as i (directory_id, user_id)
        on conflict (directory_id, user_id) do update
        set request_time = excluded.request_time, due_time = excluded.due_time, rounds = 0, sequence = 0
        """;
}

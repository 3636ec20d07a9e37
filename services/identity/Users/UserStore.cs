using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.Directories;
using Grpc.Core;
using Npgsql;

namespace DirectorySync.Identity.Users;

/// <summary>
/// Users in PostgreSQL. Every write stands in the directory's queue, so that state and policies are those of the moment, and appends its
/// change in the same statement.
/// </summary>
internal sealed class UserStore(Database database, UserCache cache, ChangeFeed feed, RememberedTerms remembered, TimeProvider time)
{
    private const string Thing = "user";

    public async Task<User> CreateAsync(string directoryId, User wanted, string? requestId, CancellationToken ct)
    {
        var user = UserRules.Create(wanted, directoryId, Guid.CreateVersion7().ToString(), time.Now());
        var row = new UserRow(user);
        var terms = remembered.Find(directoryId);
        for (var fresh = false; ; terms = null)
        {
            if (terms is null)
            {
                terms = await remembered.ReadAsync(directoryId, ct) ?? throw Inputs.NotFound("directory");
                fresh = true;
            }

            var violations = UserPolicies.Violations(user, terms);
            var refusal = terms.AcceptsUsers ? UserPolicies.FindRefusal(user, violations)?.ToRpc() : Closed(terms.Directory);
            if (refusal is not null)
            {
                if (fresh)
                {
                    return await FindByRequestAsync(directoryId, requestId, ct) ?? throw refusal;
                }

                continue;
            }

            try
            {
                if (await InsertAsync(new UserInsert(row, requestId, terms, violations), ct))
                {
                    feed.Wake();
                    return user;
                }
            }
            catch (PostgresException e) when (UserNameOrRequestExists(e))
            {
                return await FindByRequestAsync(directoryId, requestId, ct) ?? throw UserNameTaken(user.UserName);
            }
            catch (RpcException e) when (e.Reason() == ErrorReason.EmailTaken)
            {
                // Perhaps by the user that this very request created.
                if (await FindByRequestAsync(directoryId, requestId, ct) is { } created)
                {
                    return created;
                }

                throw;
            }
        }
    }

    public Task<User?> FindAsync(string directoryId, string id, CancellationToken ct) =>
        cache.FindAsync(directoryId, id, () => ReadAsync(directoryId, id, ct));

    public Task<List<User>> FindAllAsync(string directoryId, string[] ids, CancellationToken ct) =>
        database.ListPlannedOnceAsync($"""
            select u.data
            from unnest({ids}) i (id)
            cross join lateral (select data from users where directory_id = {directoryId} and id = i.id offset 0) u
            """, UserRow.Read, ct);

    /// <summary>Users by the keys of their names.</summary>
    public Task<List<User>> FindNamedAsync(string directoryId, string[] keys, CancellationToken ct) => keys is [var only]
        ? database.LookUpAsync($"select data from users where directory_id = {directoryId} and user_name_key = {only}", UserRow.Read, ct)
        : database.ListPlannedOnceAsync($"""
            select u.data
            from unnest({keys}) i (key)
            cross join lateral (select data from users where directory_id = {directoryId} and user_name_key = i.key offset 0) u
            """, UserRow.Read, ct);

    public Task<List<string>> FindIdsAsync(string directoryId, string[] ids, CancellationToken ct) =>
        database.Sql($"select id from users where directory_id = {directoryId} and id = any({ids})").ListAsync(row => row.GetString(0), ct);

    /// <summary>Changes a user under its row's lock. The function gets the user as it is and answers it as wanted.</summary>
    public async Task<User> UpdateAsync(
        string directoryId, string id, long expectedVersion, Func<User, User> change, CancellationToken ct)
    {
        var (user, written, fence) = await database.InTransactionAsync(
            async tx =>
            {
                var (terms, current) = await LockAsync(tx, directoryId, id, ct) ?? throw Inputs.NotFound(Thing);
                if (!terms.AcceptsUsers)
                {
                    throw Closed(terms.Directory);
                }

                UserRules.RequireVersion(current, expectedVersion);
                if (UserRules.Update(current, change(current), time.Now()) is not { } updated)
                {
                    return (current, (UserRow?)null, (Fence?)null);
                }

                var violations = UserPolicies.Violations(updated, terms);
                if (UserPolicies.FindRefusal(updated, violations) is { } refusal)
                {
                    throw refusal.ToRpc();
                }

                var row = new UserRow(updated);
                await RequireUniqueEmailsAsync(tx, row, terms, ct);
                var fencing = cache.FenceAsync(directoryId, id);
                try
                {
                    await tx.ExecuteAndCommitAsync(UserStatements.Update(current, row, violations));
                }
                catch (PostgresException e)
                {
                    // Rolled back for certain.
                    _ = (await fencing).ReleaseAsync();
                    if (UserNameOrRequestExists(e))
                    {
                        throw UserNameTaken(updated.UserName);
                    }

                    throw;
                }

                return (updated, row, await fencing);
            },
            ct);
        if (written is not null)
        {
            feed.Wake();
            _ = fence!.SettleAsync(UserCache.KeyOf(user), user.Version, written.Data);
        }

        return user;
    }

    public async Task DeleteAsync(string directoryId, string id, long expectedVersion, CancellationToken ct)
    {
        var fence = await cache.FenceAsync(directoryId, id);
        var deleted = await database.Sql(UserStatements.Delete(directoryId, id, expectedVersion)).FindAsync(row => row.GetInt64(0), ct);
        if (deleted > 0)
        {
            feed.Wake();
            _ = fence.SettleDeletedAsync(new CacheKey(directoryId, id), deleted);
            return;
        }

        _ = fence.ReleaseAsync();
        var terms = await remembered.ReadAsync(directoryId, ct);
        var current = await ReadAsync(directoryId, id, ct);
        throw terms is null || current is null ? Inputs.NotFound(Thing)
            : terms.AcceptsUsers ? UserRules.VersionMismatch()
            : Closed(terms.Directory);
    }

    private async Task<User?> ReadAsync(string directoryId, string id, CancellationToken ct) =>
        await database.LookUpAsync($"select data from users where directory_id = {directoryId} and id = {id}", UserRow.Read, ct) is [var user]
            ? user : null;

    // False if the terms are old: nothing is written then.
    private Task<bool> InsertAsync(UserInsert insert, CancellationToken ct) => insert.Terms.Policies.UniqueActiveEmail
        ? database.InTransactionAsync(
            async tx =>
            {
                await RequireUniqueEmailsAsync(tx, insert.Row, insert.Terms, ct);
                return await tx.Sql(UserStatements.Insert(insert)).ExistsAsync(ct);
            },
            ct)
        : database.Sql(UserStatements.Insert(insert)).ExistsAsync(ct);

    // Whoever wants one of these addresses queues here, and looks only when it is his turn.
    private static async Task RequireUniqueEmailsAsync(Transaction tx, UserRow row, DirectoryTerms terms, CancellationToken ct)
    {
        if (!terms.Policies.UniqueActiveEmail || !row.User.Active || row.EmailKeys.Length == 0)
        {
            return;
        }

        var directory = row.User.DirectoryId;
        SqlText[] queues =
        [
            // The directory's first, as everywhere.
            $"select {DirectoryLock.Shared(directory)}",
            $"""
            select pg_advisory_xact_lock(hashtextextended({directory} || ' ' || value_key, 0))
            from unnest({row.EmailKeys.Order(StringComparer.Ordinal).ToArray()}) value_key
            """,
        ];
        await tx.ExecuteAllAsync(queues, ct);
        var taken = await tx.Sql($"""
            select value_key from user_emails
            where directory_id = {directory} and value_key = any({row.EmailKeys}) and active and user_id <> {row.User.Id} limit 1
            """).FindAsync(found => found.GetString(0), ct);
        if (taken is not null)
        {
            throw UserPolicies.EmailTaken(taken, terms.Directory.Provider);
        }
    }

    private static async Task<(DirectoryTerms Terms, User Current)?> LockAsync(
        Transaction tx, string directoryId, string id, CancellationToken ct)
    {
        (DirectoryTerms, User)? locked = null;
        await tx.ReadAllAsync(
            [
                ($"select {DirectoryLock.Shared(directoryId)}", _ => { }),
                (
                    $"""
                    select {DirectoryTerms.Columns}, u.data
                    from directories d
                    join organizations o on o.id = d.organization_id
                    join users u on u.directory_id = d.id
                    where d.id = {directoryId} and u.directory_id = {directoryId} and u.id = {id}
                    for update of u
                    """,
                    row => locked = (DirectoryTerms.Read(row), User.Parser.ParseFrom(row.GetFieldValue<byte[]>(3)))),
            ],
            ct);
        return locked;
    }

    private async Task<User?> FindByRequestAsync(string directoryId, string? requestId, CancellationToken ct) => requestId is null
        ? null
        : await database.Sql($"select data from users where directory_id = {directoryId} and request_id = {requestId}")
            .FindAsync(UserRow.Read, ct);

    private static bool UserNameOrRequestExists(PostgresException e) => e is
    {
        SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "users_user_name_key" or "users_request_id_key",
    };

    private static RpcException UserNameTaken(string userName)
    {
        const string remedy = "Give one of the two people another user name, or link this person to the existing user.";
        return ErrorReason.UserNameTaken.ToRpc(
            $"userName: \"{userName}\" is in use by another user of this directory (upper and lower case count as the same). {remedy}",
            ("attribute", "userName"), ("value", userName), ("remedy", remedy));
    }

    private static RpcException Closed(Directory directory)
    {
        const string remedy = "Ask the vendor to enable it, then provision again.";
        var name = DirectoryStates.Name(directory.State);
        return directory.State == DirectoryState.Deleting
            ? ErrorReason.DirectoryState.ToRpc("The directory is being deleted: it takes no more changes.", ("value", name))
            : ErrorReason.DirectoryState.ToRpc(
                $"The directory is {name}: it takes no changes, and its users stay as they are. {remedy}", ("value", name), ("remedy", remedy));
    }
}

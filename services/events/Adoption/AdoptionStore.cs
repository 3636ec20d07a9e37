using DirectorySync.Chassis.Audit;
using Google.Protobuf;

namespace DirectorySync.Events.Adoption;

/// <summary>Users that applications had before, and which users of the directory they are.</summary>
internal sealed class AdoptionStore(Database database)
{
    private const int UsersAtOnce = 500;
    private const string Waiting = "60s";

    private sealed record Row(string EmailKey, string? UserId, AdoptedUser User);

    /// <summary>Replaces what is there, all or nothing.</summary>
    public Task<long> UploadAsync(string directoryId, IAsyncEnumerable<IReadOnlyList<AdoptedUser>> parts, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            // Whoever uploads slowly leaves the session waiting; nobody else waits for him.
            await tx.ExecuteAllAsync(
                [$"select set_config('idle_in_transaction_session_timeout', {Waiting}, true)", Transaction.Lock("adoption", [directoryId])], ct);
            var upload = Guid.CreateVersion7();
            var count = 0L;
            await foreach (var part in parts.WithCancellation(ct))
            {
                await WriteAsync(tx, directoryId, upload, part, ct);
                count += part.Count;
            }

            await tx.Sql($"delete from adopted_users a where a.directory_id = {directoryId} and a.upload <> {upload}").ExecuteAsync(ct);
            var twice = await tx.Sql($"""
                select a.application_id from adopted_users a where a.directory_id = {directoryId} group by 1 having count(*) > 1 limit 1
                """).FindAsync(row => row.GetString(0), ct);
            if (twice is not null)
            {
                throw Inputs.Invalid("id", twice, $"The id {twice} is there for two addresses.", "Give each user once.");
            }

            if (await tx.Sql($"update directories d set adopting = {count > 0} where d.directory_id = {directoryId} and not d.closed").ExecuteAsync(ct) == 0)
            {
                throw Inputs.NotFound("directory");
            }

            tx.Audit("adoption.uploaded", directoryId, after: new UploadAdoptionResponse { UserCount = count }, directoryId: directoryId);
            return count;
        },
        ct);

    public Task DeleteAsync(string directoryId, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            await tx.Sql($"delete from adopted_users a where a.directory_id = {directoryId}").ExecuteAsync(ct);
            tx.Audit("adoption.deleted", directoryId, directoryId: directoryId);
            if (await tx.Sql($"update directories d set adopting = false where d.directory_id = {directoryId} and not d.closed").ExecuteAsync(ct) == 0)
            {
                throw Inputs.NotFound("directory");
            }
        },
        ct);

    /// <summary>Compares the next users of the directory behind an id, and links whom it recognizes. None: there are no more.</summary>
    public async Task<List<(AdoptionKind Kind, AdoptionDifference Difference)>> CompareAsync(string directoryId, string after, CancellationToken ct)
    {
        var users = await database.Sql($"""
            select u.current, u.told is not null from directory_users u
            where u.directory_id = {directoryId} and u.current is not null and u.id > {after} order by u.id limit {UsersAtOnce}
            """).ListAsync(row => (User: DirectoryUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), IsTold: row.GetBoolean(1)), ct);
        var rows = await database.Sql($"""
            select a.email_key, a.user_id, a.data from adopted_users a
            where a.directory_id = {directoryId}
              and (a.email_key = any({users.Select(u => AdoptionRules.KeyOf(u.User.Email)).ToArray()}) or a.user_id = any({users.Select(u => u.User.Id).ToArray()}))
            """).ListAsync(Read, ct);
        var compared = new List<(AdoptionKind, AdoptionDifference)>();
        var links = new List<(string EmailKey, string? UserId)>();
        foreach (var (user, isTold) in users)
        {
            // Until applications know the user, its address decides.
            var key = AdoptionRules.KeyOf(user.Email);
            var linked = rows.Find(row => row.UserId == user.Id);
            if (linked is not null && !isTold && linked.EmailKey != key)
            {
                links.Add((linked.EmailKey, null));
                linked = null;
            }

            if (linked is null && rows.Find(row => row.EmailKey == key && row.UserId is null) is { } found)
            {
                links.Add((key, user.Id));
                linked = found;
            }

            var difference = new AdoptionDifference { UserId = user.Id, Email = user.Email, ApplicationId = linked?.User.ApplicationId ?? "" };
            difference.Changes.AddRange(linked is null ? [] : AdoptionRules.Changes(linked.User, user));
            compared.Add((
                linked is null ? AdoptionKind.New : difference.Changes.Count > 0 ? AdoptionKind.Overwritten : AdoptionKind.Matched, difference));
        }

        await LinkAsync(directoryId, links, ct);
        return compared;
    }

    /// <summary>Whom the directory does not have, by address; and how many they are.</summary>
    public async Task<(List<AdoptionDifference> Page, long Count)> ListMissingAsync(string directoryId, string after, int limit, CancellationToken ct)
    {
        var missing = (SqlText)$"""
            from adopted_users a
            where a.directory_id = {directoryId} and not exists (
              select from directory_users u where u.directory_id = a.directory_id and u.id = a.user_id and u.current is not null)
            """;
        var page = limit == 0 ? [] : await database.Sql($"select a.email_key, a.user_id, a.data {missing} and a.email_key > {after} order by a.email_key limit {limit}")
            .ListAsync(row => Read(row).User, ct);
        var count = after.Length > 0 ? 0 : await database.Sql($"select count(*) {missing}").SingleAsync(row => row.GetInt64(0), ct);
        return ([.. page.Select(user => new AdoptionDifference { ApplicationId = user.ApplicationId, Email = user.Email })], count);
    }

    /// <summary>In the transaction that tells of users: those whom the application had are linked. Answers the application's ids by user.</summary>
    public static async Task<Dictionary<(string DirectoryId, string UserId), string>> LinkAsync(
        Transaction tx, IReadOnlyCollection<DirectoryUser> users, CancellationToken ct)
    {
        var (directoryIds, ids) = (users.Select(u => u.DirectoryId).ToArray(), users.Select(u => u.Id).ToArray());
        var applicationIds = new Dictionary<(string DirectoryId, string UserId), string>();
        await tx.ReadAllAsync(
            [
                (
                    $"""
                    update adopted_users a set user_id = i.id
                    from unnest({directoryIds}, {ids}, {users.Select(u => AdoptionRules.KeyOf(u.Email)).ToArray()}) as i (directory_id, id, email_key)
                    where a.directory_id = i.directory_id and a.email_key = i.email_key and a.user_id is null
                      and not exists (select from adopted_users o where o.directory_id = i.directory_id and o.user_id = i.id)
                    returning a.user_id
                    """,
                    _ => { }),
                (
                    $"""
                    select a.directory_id, a.user_id, a.application_id
                    from unnest({directoryIds}, {ids}) as i (directory_id, id)
                    join adopted_users a on a.directory_id = i.directory_id and a.user_id = i.id
                    """,
                    row => applicationIds[(row.GetString(0), row.GetString(1))] = row.GetString(2)),
            ],
            ct);
        return applicationIds;
    }

    private static async Task WriteAsync(Transaction tx, string directoryId, Guid upload, IReadOnlyList<AdoptedUser> users, CancellationToken ct)
    {
        foreach (var user in users)
        {
            AdoptionRules.Check(user);
        }

        var written = await tx.Sql($"""
            insert into adopted_users as a (directory_id, email_key, application_id, data, upload)
            select distinct on (i.email_key) {directoryId}, i.email_key, i.application_id, i.data, {upload}
            from unnest({users.Select(u => AdoptionRules.KeyOf(u.Email)).ToArray()}, {users.Select(u => u.ApplicationId).ToArray()},
              {users.Select(u => u.ToByteArray()).ToArray()}) as i (email_key, application_id, data)
            on conflict (directory_id, email_key) do update
            set application_id = excluded.application_id, data = excluded.data, upload = excluded.upload,
              user_id = case when a.application_id = excluded.application_id then a.user_id end
            where a.upload <> excluded.upload
            """).ExecuteAsync(ct);
        if (written < users.Count)
        {
            throw Inputs.Invalid(
                "email", "", $"Between the ids {users[0].ApplicationId} and {users[^1].ApplicationId} is an address that is there twice.", "Give each user once.");
        }
    }

    private async Task LinkAsync(string directoryId, List<(string EmailKey, string? UserId)> links, CancellationToken ct)
    {
        if (links.Count > 0)
        {
            await database.Sql($"""
                update adopted_users a set user_id = i.user_id
                from unnest({links.Select(link => link.EmailKey).ToArray()}, {links.Select(link => link.UserId).ToArray()}) as i (email_key, user_id)
                where a.directory_id = {directoryId} and a.email_key = i.email_key
                """).ExecuteAsync(ct);
        }
    }

    private static Row Read(Npgsql.NpgsqlDataReader row) =>
        new(row.GetString(0), row.IsDBNull(1) ? null : row.GetString(1), AdoptedUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(2)));
}

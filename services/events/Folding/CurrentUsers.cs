using DirectorySync.AttributeMapping.V1;
using DirectorySync.Events.Adoption;
using DirectorySync.Identity.V1;
using DirectorySync.Roles.V1;
using Google.Protobuf;
using Npgsql;

namespace DirectorySync.Events.Folding;

/// <summary>Brings what applications shall see of users up to what the services say.</summary>
internal static class CurrentUsers
{
    private sealed record Row(ResourceKey Key, UserParts Parts, byte[]? Current, byte[]? Told, bool InGroups, string EmailKey);

    private sealed record Renewed(ResourceKey Key, byte[]? Current, bool InGroups, bool Reachable, string EmailKey);

    /// <summary>Decides anew about the users and their memberships. The directories are locked, and will be looked at by whoever tells.</summary>
    public static async Task<int> RenewAsync(Transaction tx, Terms terms, IReadOnlyCollection<ResourceKey> users, CancellationToken ct)
    {
        if (users.Count == 0)
        {
            return 0;
        }

        var rows = await ReadAsync(tx, users, ct);
        var renewed = new List<Renewed>();
        var gone = new List<ResourceKey>();
        foreach (var row in rows)
        {
            var directory = terms[row.Key.DirectoryId];
            var before = row.Current is { } current ? DirectoryUser.Parser.ParseFrom(current) : null;
            var after = UserView.Decide(row.Parts, directory, row.Key.Id, before);
            if (after is null && row.Told is null && row.Parts.AreNone)
            {
                gone.Add(row.Key);
                continue;
            }

            var data = BytesOf(after, before, row);
            var inGroups = directory.InGroups(after);
            // Whichever feed is quicker: it stays until identity says that the user is gone.
            var emailKey = row.Parts.UserVersion is null ? ""
                : row.Parts.Profile is { } profile ? AdoptionRules.KeyOf(profile.Email)
                : row.EmailKey;
            if (!ReferenceEquals(data, row.Current) || inGroups != row.InGroups || emailKey != row.EmailKey)
            {
                renewed.Add(new(row.Key, data, inGroups, after is { Active: true, Email.Length: > 0 }, emailKey));
            }
        }

        await WriteAsync(tx, renewed, gone, ct);
        await MembershipRows.RenewOfUsersAsync(
            tx, [.. renewed.Where(r => rows.Find(row => row.Key == r.Key)!.InGroups != r.InGroups).Select(r => r.Key), .. gone], ct);
        await Terms.MarkPendingAsync(tx, renewed.Select(r => r.Key.DirectoryId), ct);
        return renewed.Count;
    }

    // Bytes that say the same as what was told are those that were told, so that bytes can be compared.
    private static byte[]? BytesOf(DirectoryUser? after, DirectoryUser? before, Row row)
    {
        if (after is null)
        {
            return null;
        }

        if (row.Told is { } told && UserView.LooksSame(DirectoryUser.Parser.ParseFrom(told), after))
        {
            return row.Current is { } current && current.AsSpan().SequenceEqual(told) ? current : told;
        }

        return ReferenceEquals(after, before) ? row.Current : after.ToByteArray();
    }

    private static Task<List<Row>> ReadAsync(Transaction tx, IReadOnlyCollection<ResourceKey> users, CancellationToken ct)
    {
        var keys = users.Distinct().Order().ToArray();
        return tx.Sql($"""
            select u.directory_id, u.id, u.user_version, u.user_data, u.profile_data, u.roles_data, u.current, u.told, u.in_groups, u.email_key
            from unnest({keys.Select(k => k.DirectoryId).ToArray()}, {keys.Select(k => k.Id).ToArray()}) as k (directory_id, id)
            join directory_users u on u.directory_id = k.directory_id and u.id = k.id
            """).ListAsync(
            row => new Row(
                UserPart.ReadKey(row),
                ReadParts(row, 2),
                Bytes(row, 6),
                Bytes(row, 7),
                row.GetBoolean(8),
                row.GetString(9)),
            ct);
    }

    /// <summary>What services say, in four columns.</summary>
    public static UserParts ReadParts(NpgsqlDataReader row, int first) => new(
        row.IsDBNull(first) ? null : row.GetInt64(first), Parse(row, first + 1, User.Parser), Parse(row, first + 2, Profile.Parser),
        Parse(row, first + 3, UserRoles.Parser));

    private static Task<int> WriteAsync(Transaction tx, List<Renewed> renewed, List<ResourceKey> gone, CancellationToken ct) => tx.ExecuteAllAsync(
        [
            $"""
            update directory_users u
            set current = i.current, in_groups = i.in_groups, reachable = i.reachable, email_key = i.email_key
            from unnest({renewed.Select(r => r.Key.DirectoryId).ToArray()}, {renewed.Select(r => r.Key.Id).ToArray()},
              {renewed.Select(r => r.Current).ToArray()}, {renewed.Select(r => r.InGroups).ToArray()},
              {renewed.Select(r => r.Reachable).ToArray()}, {renewed.Select(r => r.EmailKey).ToArray()})
              as i (directory_id, id, current, in_groups, reachable, email_key)
            where u.directory_id = i.directory_id and u.id = i.id
            """,
            $"""
            delete from directory_users u
            using unnest({gone.Select(k => k.DirectoryId).ToArray()}, {gone.Select(k => k.Id).ToArray()}) as i (directory_id, id)
            where u.directory_id = i.directory_id and u.id = i.id
            """,
        ],
        ct);

    private static byte[]? Bytes(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);

    private static T? Parse<T>(NpgsqlDataReader row, int column, MessageParser<T> parser)
        where T : class, IMessage<T> => row.IsDBNull(column) ? null : parser.ParseFrom(row.GetFieldValue<byte[]>(column));
}

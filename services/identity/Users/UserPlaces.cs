using DirectorySync.Chassis.Sql;

namespace DirectorySync.Identity.Users;

/// <summary>A place in an order of users.</summary>
/// <param name="Key">The key of the user there.</param>
/// <param name="UserId">That user, who may be gone.</param>
/// <param name="Skip">How far from there, onwards in the order, a page is.</param>
internal sealed record UserPlace(string Key, string UserId, long Skip);

/// <summary>
/// Places in the orders of a large directory's users, about a thousand users apart, and how many users are between them. Writes append
/// where users came and went (user_counts); what is behind a place is the sum of both, exact in every snapshot. Folding moves the appended
/// into the places and divides what has grown.
/// </summary>
internal static class UserPlaces
{
    /// <summary>Users between two places, at most twice as many.</summary>
    private const int Distance = 1000;

    /// <summary>So many users need no places.</summary>
    public const int Few = 2 * Distance;

    /// <summary>The last place before a page. Null: the page is counted from the beginning.</summary>
    public static Task<UserPlace?> FindAsync(Transaction tx, ListUsersRequest request, UserOrder order, CancellationToken ct)
    {
        var (directory, skip, number) = (request.DirectoryId, request.Skip, order.Sort!.Number);
        SqlText found = order.IsDescending
            ? (SqlText)$"select key, user_id, {skip} - total + before from sums where before >= total - {skip} order by key, user_id"
            : $"select key, user_id, {skip} - before from sums where before <= {skip} order by key desc, user_id desc";
        // Users who came or went exactly at a place are before it.
        return tx.Sql($"""
            with steps as (
              select key, user_id, users, true as is_place from user_places where directory_id = {directory} and sort = {number}
              union all
              select m.key, c.user_id, m.users, false
              from user_counts c cross join lateral (values (c.was[{number}], -1), (c.became[{number}], 1)) m (key, users)
              where c.directory_id = {directory} and m.key is not null),
            numbered as (
              select key, user_id, is_place, sum(users) over () as total,
                coalesce(sum(users) over (order by key, user_id, is_place rows between unbounded preceding and 1 preceding), 0) as before
              from steps),
            sums as (select key, user_id, before::bigint, total::bigint from numbered where is_place and key <> '')
            {found} limit 1
            """).FindAsync(row => new UserPlace(row.GetString(0), row.GetString(1), row.GetInt64(2)), ct);
    }

    /// <summary>False: another replica is at work there.</summary>
    public static Task<bool> TryLockAsync(Transaction tx, string directoryId, CancellationToken ct) =>
        tx.Sql($"select pg_try_advisory_xact_lock(hashtextextended('user_places ' || {directoryId}, 0))").SingleAsync(row => row.GetBoolean(0), ct);

    /// <summary>Waits until no replica is at work there; none begins until the transaction ends.</summary>
    public static Task LockAsync(Transaction tx, string directoryId, CancellationToken ct) =>
        tx.Sql($"select pg_advisory_xact_lock(hashtextextended('user_places ' || {directoryId}, 0))").ExecuteAsync(ct);

    /// <summary>
    /// Makes one row of what was appended, and moves it into the places. To run in a snapshot that it shares with <see cref="DivideAsync"/>.
    /// True: there was nothing more.
    /// </summary>
    public static async Task<bool> FoldAsync(Transaction tx, string directoryId, int batch, CancellationToken ct)
    {
        var (rows, foreign) = await tx.Sql($"""
            with gone as (
              delete from user_counts where directory_id = {directoryId} and id in (
                select id from user_counts where directory_id = {directoryId} order by id limit {batch})
              returning active, inactive, user_id, was, became),
            folded as (
              insert into user_counts (directory_id, active, inactive, was)
              select {directoryId}, sum(active), sum(inactive), array[]::text[] from gone having count(*) > 0),
            moved as (
              select p.sort, p.key, p.user_id, sum(m.users) as users
              from gone g
              cross join generate_series(1, {UserSort.All.Count}) s (sort)
              cross join lateral (values (g.was[s.sort], -1), (g.became[s.sort], 1)) m (key, users)
              cross join lateral (
                select p.sort, p.key, p.user_id from user_places p
                where p.directory_id = {directoryId} and p.sort = s.sort and (p.key, p.user_id) < (m.key, g.user_id)
                order by p.key desc, p.user_id desc limit 1) p
              where m.key is not null
              group by p.sort, p.key, p.user_id),
            placed as (
              update user_places p set users = p.users + m.users from moved m
              where p.directory_id = {directoryId} and p.sort = m.sort and p.key = m.key and p.user_id = m.user_id and m.users <> 0)
            select count(*), count(*) filter (where user_id is null and was is null) from gone
            """).SingleAsync(row => (row.GetInt64(0), row.GetInt64(1)), ct);
        if (foreign > 0)
        {
            // Counted without saying where: by a version that knew no places.
            await tx.Sql($"delete from user_places where directory_id = {directoryId}").ExecuteAsync(ct);
        }

        return rows < batch;
    }

    /// <summary>Places at users who may not be named any more are taken away. Behind <see cref="FoldAsync"/>, in its transaction.</summary>
    public static Task<int> ForgetAsync(Transaction tx, string directoryId, string[] userIds, CancellationToken ct) => tx.Sql($"""
        with gone as (
          delete from user_places p where p.directory_id = {directoryId} and p.user_id = any({userIds}) and p.user_id <> ''
          returning p.sort, p.key, p.user_id, p.users),
        moved as (
          select p.sort, p.key, p.user_id, sum(g.users) as users
          from gone g
          cross join lateral (
            select p.sort, p.key, p.user_id from user_places p
            where p.directory_id = {directoryId} and p.sort = g.sort and (p.key, p.user_id) < (g.key, g.user_id) and p.user_id <> all({userIds})
            order by p.key desc, p.user_id desc limit 1) p
          group by p.sort, p.key, p.user_id)
        update user_places p set users = p.users + m.users from moved m
        where p.directory_id = {directoryId} and p.sort = m.sort and p.key = m.key and p.user_id = m.user_id
        """).ExecuteAsync(ct);

    /// <summary>Divides what is longest between two places, if that is too long. True: nothing is.</summary>
    public static async Task<bool> DivideAsync(Transaction tx, string directoryId, CancellationToken ct)
    {
        // The first place is before all users; those without the attribute are behind one of their own.
        await tx.Sql($"""
            insert into user_places (directory_id, sort, key, user_id, users)
            select {directoryId}, s.sort, s.key, '', n.users
            from (select sum(active + inactive) as users from user_counts where directory_id = {directoryId}) n,
              unnest({Starts.Select(start => start.Number).ToArray()}, {Starts.Select(start => start.Key).ToArray()}) s (sort, key)
            where n.users > {Few} and not exists (select from user_places where directory_id = {directoryId})
            """).ExecuteAsync(ct);
        var longest = await tx.Sql($"""
            select p.sort, p.key, p.user_id, next.key, next.user_id
            from user_places p
            left join lateral (
              select key, user_id from user_places n
              where n.directory_id = {directoryId} and n.sort = p.sort and (n.key, n.user_id) > (p.key, p.user_id)
              order by n.key, n.user_id limit 1) next on true
            where p.directory_id = {directoryId} and p.users > {Few}
            order by p.users desc limit 1
            """).FindAsync(
            row => new Stretch(
                UserSort.All[row.GetInt16(0) - 1], row.GetString(1), row.GetString(2),
                row.IsDBNull(3) ? null : row.GetString(3), row.IsDBNull(4) ? "" : row.GetString(4)),
            ct);
        if (longest is null)
        {
            return true;
        }

        await tx.Sql(Divide(directoryId, longest)).ExecuteAsync(ct);
        return false;
    }

    private static IEnumerable<(short Number, string Key)> Starts => UserSort.All.Select(sort => (sort.Number, ""))
        .Concat(UserSort.All.Where(sort => !sort.IsRequired).Select(sort => (sort.Number, UserSort.Absent)));

    // Counts it anew, so that it is right whatever it was.
    private static SqlText Divide(string directoryId, Stretch stretch)
    {
        var (sort, start, end) = (stretch.Sort, SqlText.Empty, SqlText.Empty);
        if (stretch.Key == UserSort.Absent)
        {
            (start, end) = ($" and {sort.Value} is null and u.id > {stretch.UserId}",
                stretch.NextKey is null ? SqlText.Empty : $" and u.id <= {stretch.NextUserId}");
        }
        else
        {
            start = stretch.Key.Length == 0 ? (SqlText)$" and {sort.Value} is not null"
                : sort.IsById ? (SqlText)$" and u.id > {stretch.UserId}"
                : $" and ({sort.Value}, u.id) > ({sort.Typed(sort.ValueOf(stretch.Key)!)}, {stretch.UserId})";
            end = stretch.NextKey is null or UserSort.Absent ? SqlText.Empty
                : sort.IsById ? (SqlText)$" and u.id <= {stretch.NextUserId}"
                : $" and ({sort.Value}, u.id) <= ({sort.Typed(sort.ValueOf(stretch.NextKey)!)}, {stretch.NextUserId})";
        }

        return $"""
            with r as materialized (
              select {sort.Key} as key, u.id, row_number() over (order by {sort.Value}, u.id) as n, count(*) over () as total
              from users u where u.directory_id = {directoryId}{start}{end}),
            cuts as (
              select key, id, n, coalesce(lead(n) over (order by n), total) - n as users from r where n % {Distance} = 0 and n < total),
            added as (
              insert into user_places (directory_id, sort, key, user_id, users)
              select {directoryId}, {sort.Number}, key, id, users from cuts)
            update user_places set users = coalesce((select min(n) from cuts), (select max(n) from r), 0)
            where directory_id = {directoryId} and sort = {sort.Number} and key = {stretch.Key} and user_id = {stretch.UserId}
            """;
    }

    /// <summary>What lies between two places; without a next, between a place and the end.</summary>
    private sealed record Stretch(UserSort Sort, string Key, string UserId, string? NextKey, string NextUserId);
}

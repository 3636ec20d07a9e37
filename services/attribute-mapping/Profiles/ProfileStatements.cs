using DirectorySync.Chassis.Sql;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>The SQL of writing profiles: set statements over a batch, whatever its size.</summary>
internal static class ProfileStatements
{
    /// <summary>As many versions as asked for, rising. To be drawn while the rows are locked.</summary>
    public static SqlText DrawVersions(int count) => $"select nextval('profile_versions') from generate_series(1, {count})";

    /// <summary>Rows as they are afterwards: each user once.</summary>
    public static IEnumerable<SqlText> Rows(IReadOnlyCollection<ProfileWrite> writes, Guid? bootstrap, DateTimeOffset now)
    {
        var kept = writes.Where(w => !w.Deleted).ToList();
        if (kept.Count > 0)
        {
            yield return $"""
                insert into profiles as p (directory_id, user_id, user_version, version, bootstrap, user_data, data, shape)
                select n.directory_id, n.user_id, n.user_version, n.version, {bootstrap}::uuid, n.user_data, n.data, n.shape
                from unnest({Directories(kept)}, {Users(kept)}, {Column(kept, w => w.Profile.UserVersion)},
                  {Column(kept, w => w.Profile.Version)}, {Column(kept, w => w.UserData)}, {Column(kept, w => w.Data)},
                  {Column(kept, w => w.Shape)})
                  as n (directory_id, user_id, user_version, version, user_data, data, shape)
                on conflict (directory_id, user_id) do update
                set user_version = excluded.user_version, version = excluded.version, user_data = excluded.user_data, data = excluded.data, shape = excluded.shape,
                  bootstrap = coalesce(excluded.bootstrap, p.bootstrap)
                """;
        }

        var gone = writes.Where(w => w.Deleted).ToList();
        if (gone.Count > 0)
        {
            yield return $"""
                delete from profiles p using unnest({Directories(gone)}, {Users(gone)}) as n (directory_id, user_id)
                where p.directory_id = n.directory_id and p.user_id = n.user_id
                """;
        }

        foreach (var statement in Problems(writes, now))
        {
            yield return statement;
        }
    }

    /// <summary>Rows of users that are mapped anew, and did not change themselves.</summary>
    public static IEnumerable<SqlText> MappedAnew(IReadOnlyCollection<ProfileWrite> writes, DateTimeOffset now)
    {
        yield return $"""
            update profiles p set version = n.version, data = n.data
            from unnest({Directories(writes)}, {Users(writes)}, {Column(writes, w => w.Profile.Version)}, {Column(writes, w => w.Data)})
              as n (directory_id, user_id, version, data)
            where p.directory_id = n.directory_id and p.user_id = n.user_id
            """;
        foreach (var statement in Problems(writes, now))
        {
            yield return statement;
        }
    }

    /// <summary>The changes, in order: several of one user too.</summary>
    public static SqlText Append(IReadOnlyList<ProfileWrite> writes, string?[] traceParents) => $"""
        insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
        select n.directory_id, {Profile.Descriptor.FullName}, n.user_id, n.version, n.deleted, n.data, n.traceparent
        from unnest({Directories(writes)}, {Users(writes)}, {Column(writes, w => w.Profile.Version)}, {Column(writes, w => w.Deleted)},
          {Column(writes, w => w.Data)}, {traceParents}) with ordinality
          as n (directory_id, user_id, version, deleted, data, traceparent, position)
        order by n.position
        """;

    private static IEnumerable<SqlText> Problems(IEnumerable<ProfileWrite> writes, DateTimeOffset now) =>
        writes.Where(w => w.ProblemsChanged).ToList() is { Count: > 0 } changed ? ProblemRows(changed, now) : [];

    // A problem that stays keeps the time since when it is there.
    private static IEnumerable<SqlText> ProblemRows(List<ProfileWrite> writes, DateTimeOffset now)
    {
        var problems = writes.Where(w => !w.Deleted)
            .SelectMany(w => w.Profile.Problems.DistinctBy(p => (p.Attribute, p.Code)).Select(p => (w.Profile, Problem: p))).ToList();
        var directories = problems.ConvertAll(p => p.Profile.DirectoryId).ToArray();
        var users = problems.ConvertAll(p => p.Profile.UserId).ToArray();
        var attributes = problems.ConvertAll(p => p.Problem.Attribute).ToArray();
        var codes = problems.ConvertAll(p => p.Problem.Code).ToArray();
        yield return $"""
            delete from profile_problems o using unnest({Directories(writes)}, {Users(writes)}) as n (directory_id, user_id)
            where o.directory_id = n.directory_id and o.user_id = n.user_id
              and (o.directory_id, o.user_id, o.attribute, o.code)
                not in (select * from unnest({directories}, {users}, {attributes}, {codes}))
            """;
        if (problems.Count > 0)
        {
            yield return $"""
                insert into profile_problems (directory_id, user_id, attribute, code, path, value, detail, remedy, since)
                select n.*, {now} from unnest({directories}, {users}, {attributes}, {codes},
                  {problems.ConvertAll(p => p.Problem.Path).ToArray()}, {problems.ConvertAll(p => p.Problem.Value).ToArray()},
                  {problems.ConvertAll(p => p.Problem.Detail).ToArray()}, {problems.ConvertAll(p => p.Problem.Remedy).ToArray()}) as n
                on conflict (directory_id, user_id, attribute, code) do update
                set path = excluded.path, value = excluded.value, detail = excluded.detail, remedy = excluded.remedy
                """;
        }
    }

    private static string[] Directories(IEnumerable<ProfileWrite> writes) => Column(writes, w => w.Profile.DirectoryId);

    private static string[] Users(IEnumerable<ProfileWrite> writes) => Column(writes, w => w.Profile.UserId);

    private static T[] Column<T>(IEnumerable<ProfileWrite> writes, Func<ProfileWrite, T> value) => [.. writes.Select(value)];
}

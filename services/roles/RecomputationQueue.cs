using DirectorySync.Chassis.Sql;

namespace DirectorySync.Roles;

/// <summary>The directories whose users have to be looked at, all of them, in the background.</summary>
internal sealed class RecomputationQueue : IDisposable
{
    private readonly SemaphoreSlim wake = new(0);

    /// <summary>
    /// Has all users of the directories decided anew, from the first on, also where that is under way. In the transaction that changes what
    /// roles follow from.
    /// </summary>
    public async Task RequestAsync(Transaction tx, IEnumerable<string> directoryIds, CancellationToken ct)
    {
        var ids = directoryIds.Distinct().Order(StringComparer.Ordinal).ToArray();
        if (ids.Length > 0)
        {
            await tx.Sql($"{Request} from unnest({ids}) as d (directory_id) {Restart}").ExecuteAsync(ct);
            WakeAfter(tx);
        }
    }

    /// <summary>The same for all directories that there are.</summary>
    public async Task RequestAllAsync(Transaction tx, CancellationToken ct)
    {
        await tx.Sql($"{Request} from directories d {Restart}").ExecuteAsync(ct);
        WakeAfter(tx);
    }

    /// <summary>Says that there may be something to do.</summary>
    public void Wake()
    {
        if (wake.CurrentCount == 0)
        {
            wake.Release();
        }
    }

    public Task WaitAsync(TimeSpan longest, CancellationToken ct) => wake.WaitAsync(longest, ct);

    public void Dispose() => wake.Dispose();

    private static SqlText Request => $"""
        insert into recomputations as r (directory_id, after_user_id, done, changed, rules_version, request_time)
        select d.directory_id, '', 0, 0,
          coalesce((select rules.version from role_rules rules where rules.directory_id = d.directory_id), 0), now()
        """;

    private static SqlText Restart => $"""
        order by 1
        on conflict (directory_id) do update
        set after_user_id = '', done = 0, changed = 0, total = null, rules_version = excluded.rules_version,
          request_time = excluded.request_time, start_time = null, finish_time = null
        """;

    private void WakeAfter(Transaction tx) => tx.AfterCommit(() =>
    {
        Wake();
        return Task.CompletedTask;
    });
}

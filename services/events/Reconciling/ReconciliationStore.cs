using DirectorySync.Chassis.Audit;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Events.Reconciling;

/// <summary>A reconciliation that this process runs, for as long as its lease counts.</summary>
internal sealed record ClaimedReconciliation(Reconciliation Data, Guid Lease);

/// <summary>Which directories are to be reconciled, and how far each is: one at a time per directory, whatever process dies.</summary>
internal sealed class ReconciliationStore(Database database, TimeProvider time)
{
    private const int PageOfDirectories = 1_000;

    // Longer than anything within a run stays silent.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(120);

    /// <summary>Null: there is no such directory.</summary>
    public Task<Reconciliation?> StartAsync(string directoryId, CancellationToken ct)
    {
        var wanted = New(directoryId, asked: true, time.GetUtcNow());
        return database.InTransactionAsync(
            async tx =>
            {
                var started = await tx.Sql(Ask(directoryId, wanted)).FindAsync(Read, ct);
                if (started is not null)
                {
                    tx.Audit("reconciliation.started", directoryId, directoryId: directoryId);
                }

                return started;
            },
            ct);
    }

    private static SqlText Ask(string directoryId, Reconciliation wanted) => $"""
        insert into reconciliations as r (directory_id, done, asked, data)
        select d.directory_id, false, true, {wanted.ToByteArray()} from directories d where d.directory_id = {directoryId} and not d.closed
        on conflict (directory_id) do update
        set asked = true, done = false, data = case when r.done then excluded.data else r.data end,
          due_time = case when r.done then excluded.due_time else least(r.due_time, excluded.due_time) end
        returning r.data
        """;

    /// <summary>Asks for one in a transaction: what a change of the directory means for what is held is found out by comparing.</summary>
    public static Task AskAsync(Transaction tx, string directoryId, DateTimeOffset now, CancellationToken ct) => tx.Sql($"""
        insert into reconciliations as r (directory_id, done, asked, data)
        values ({directoryId}, false, true, {New(directoryId, asked: true, now).ToByteArray()})
        on conflict (directory_id) do update
        set asked = true, done = false, due_time = excluded.due_time, lease = null, lease_time = null, data = excluded.data
        """).ExecuteAsync(ct);

    /// <summary>Null: there was none.</summary>
    public Task<Reconciliation?> FindAsync(string directoryId, CancellationToken ct) =>
        database.Sql($"select r.data from reconciliations r where r.directory_id = {directoryId}").FindAsync(Read, ct)!;

    /// <summary>All directories' turn comes, spread over a time. One of the replicas does it, if the time before was not done with.</summary>
    public Task<bool> ScheduleAsync(DateTimeOffset before, DateTimeOffset now, TimeSpan spread, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            if (await tx.Sql($"update reconciliation_schedule set through = {now} where through = {before}").ExecuteAsync(ct) == 0)
            {
                return false;
            }

            for (string? after = ""; after is not null;)
            {
                var ids = await tx.Sql($"""
                    select d.directory_id from directories d where not d.closed and d.directory_id > {after} order by d.directory_id limit {PageOfDirectories}
                    """).ListAsync(row => row.GetString(0), ct);
                await tx.Sql($"""
                    insert into reconciliations as r (directory_id, done, asked, due_time, data)
                    select i.id, false, false, clock_timestamp() + random() * {spread}, i.data
                    from unnest({ids.ToArray()}, {ids.Select(id => New(id, asked: false, now).ToByteArray()).ToArray()}) as i (id, data)
                    on conflict (directory_id) do update set done = false, asked = false, due_time = excluded.due_time, data = excluded.data
                    where r.done
                    """).ExecuteAsync(ct);
                after = ids.Count == PageOfDirectories ? ids[^1] : null;
            }

            return true;
        },
        ct);

    public Task<DateTimeOffset> ScheduledThroughAsync(CancellationToken ct) =>
        database.Sql($"select through from reconciliation_schedule").SingleAsync(row => row.GetFieldValue<DateTimeOffset>(0), ct);

    /// <summary>Takes the next that is due; null: none is.</summary>
    public async Task<ClaimedReconciliation?> ClaimAsync(CancellationToken ct)
    {
        var claimed = await database.Sql($"""
            update reconciliations r
            set lease = gen_random_uuid(), lease_time = clock_timestamp() + {Lease}
            where r.directory_id = (
              select d.directory_id from reconciliations d
              where not d.done and d.due_time <= clock_timestamp() and (d.lease_time is null or d.lease_time < clock_timestamp())
              order by d.asked desc, d.due_time
              limit 1
              for update skip locked)
            returning r.data, r.lease
            """).FindAsync(row => new ClaimedReconciliation(Read(row), row.GetGuid(1)), ct);
        if (claimed is not null)
        {
            var data = claimed.Data;
            (data.State, data.StartTime, data.Compared, data.Step) = (ReconciliationState.Running, time.GetUtcNow().ToTimestamp(), 0, "");
        }

        return claimed;
    }

    /// <summary>Notes how far it is. False: it is another's by now.</summary>
    public async Task<bool> SaveAsync(ClaimedReconciliation claimed, CancellationToken ct) => await database.Sql($"""
        update reconciliations r set data = {claimed.Data.ToByteArray()}, lease_time = clock_timestamp() + {Lease}
        where r.directory_id = {claimed.Data.DirectoryId} and r.lease = {claimed.Lease}
        """).ExecuteAsync(ct) > 0;

    /// <summary>Gives it back: done, or to be tried again after a while.</summary>
    public Task EndAsync(ClaimedReconciliation claimed, TimeSpan? again, CancellationToken ct) => database.Sql($"""
        update reconciliations r
        set data = {claimed.Data.ToByteArray()}, done = {again is null}, due_time = clock_timestamp() + {again ?? TimeSpan.Zero}, lease = null,
          lease_time = null
        where r.directory_id = {claimed.Data.DirectoryId} and r.lease = {claimed.Lease}
        """).ExecuteAsync(ct);

    private static Reconciliation New(string directoryId, bool asked, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7().ToString(),
        DirectoryId = directoryId,
        State = ReconciliationState.Waiting,
        Asked = asked,
        CreateTime = now.ToTimestamp(),
    };

    private static Reconciliation Read(Npgsql.NpgsqlDataReader row) => Reconciliation.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
}

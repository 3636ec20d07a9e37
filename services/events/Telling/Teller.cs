using DirectorySync.Events.Erasure;
using DirectorySync.Events.Folding;
using DirectorySync.Events.Webhooks;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Telling;

/// <summary>
/// Tells applications what they shall see and do not know yet: some directories at a time, each some, all in one transaction with the log. One
/// replica at a time; which one does not matter.
/// </summary>
internal sealed class Teller(Database database, EventLog log, TellerSignal signal, TimeProvider time, ILogger<Teller> logger) : BackgroundService
{
    private const int Directories = 16;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    // Those of the telling under way. After a failure they are told of one by one, until each has had its turn: the one that fails twice rests.
    private List<string> telling = [];
    private string failed = "";
    private int oneByOne;

    /// <summary>Tells once. True: there may be more.</summary>
    public Task<bool> TellAsync(CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            telling = [];
            if (await EventLog.FindEndAsync(tx, ct) is not { } end)
            {
                return false;
            }

            var limit = oneByOne > 0 ? 1 : Directories;
            var ids = telling = await tx.Sql($"{Due} order by p.since limit {limit}").ListAsync(row => row.GetString(0), ct);
            if (ids.Count == 0)
            {
                return false;
            }

            await Terms.LockAsync(tx, ids, ct);
            var now = Later(time, end.Time);
            var directories = await ReadAsync(tx, ids, ct);
            var batch = new TellingBatch(tx, directories, now);
            await batch.RunAsync(ct);
            if (batch.Events.Count > 0)
            {
                await log.AppendAsync(tx, end, now, batch.Events, ct);
                await LaneStore.ExtendAsync(tx, batch.Events, now, ct);
                signal.WakeToldAfter(tx);
            }

            await StoreAsync(tx, directories, ct);
            return ids.Count == limit || directories.Exists(directory => directory.HasMore);
        },
        ct);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = Poll;
            var change = signal.NextChange;
            try
            {
                if (await IsAnyDueAsync(stoppingToken) && await TellAsync(stoppingToken))
                {
                    oneByOne = Math.Max(0, oneByOne - 1);
                    continue;
                }
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                logger.TellingFailed(telling.Count == 1 ? telling[0] : "", e);
                (wait, change) = (Pause, Task.Delay(Pause, stoppingToken));
                await RestAsync(stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await change.WaitAsync(wait, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // A directory of which nothing can be told must not keep the others waiting.
    private async Task RestAsync(CancellationToken ct)
    {
        oneByOne = Directories;
        if (telling is not [var failing] || failed != failing)
        {
            failed = telling is [var first] ? first : "";
            return;
        }

        try
        {
            await database.Sql($"update pending_directories set since = clock_timestamp() + {Rest} where directory_id = {failing}").ExecuteAsync(ct);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            logger.TellingFailed(failing, e);
        }
    }

    // Nothing is told before all that exists has arrived once: what is missing could be on its way.
    private static SqlText Due => $"""
        select p.directory_id
        from pending_directories p
        join directories d on d.directory_id = p.directory_id
        where (d.telling or (d.closed and not d.ended)) and p.since <= clock_timestamp() and {Terms.IsReady}
        """;

    private Task<bool> IsAnyDueAsync(CancellationToken ct) => database.Sql($"select exists ({Due})").SingleAsync(row => row.GetBoolean(0), ct);

    /// <summary>The time of the next events: their ids hold it to the millisecond, and it never falls.</summary>
    public static DateTimeOffset Later(TimeProvider time, DateTimeOffset last)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());
        return now > last ? now : last;
    }

    /// <summary>The directories among these of which something is told.</summary>
    public static Task<List<TellingDirectory>> ReadAsync(Transaction tx, List<string> ids, CancellationToken ct) => tx.Sql($"""
        select d.directory_id, d.data, o.data, d.closed, d.activated, d.sequence, d.adopting, {PendingTraces.Column}
        from directories d
        left join organizations o on o.id = d.organization_id
        where d.directory_id = any({ids.ToArray()}) and (d.telling or (d.closed and not d.ended))
        order by d.directory_id
        """).ListAsync(
        row => new TellingDirectory
        {
            Id = row.GetString(0),
            Data = Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(1)),
            Organization = row.IsDBNull(2) ? null : Organization.Parser.ParseFrom(row.GetFieldValue<byte[]>(2)),
            Closed = row.GetBoolean(3),
            Activated = row.GetBoolean(4),
            Sequence = row.GetInt64(5),
            Adopting = row.GetBoolean(6),
            Traces = PendingTraces.Read(row.IsDBNull(7) ? null : row.GetFieldValue<string[,]>(7)),
        },
        ct);

    private static Task<int> StoreAsync(Transaction tx, List<TellingDirectory> directories, CancellationToken ct) => tx.ExecuteAllAsync(
        [
            $"""
            update directories d
            set sequence = i.sequence, activated = i.activated, ended = d.closed
            from unnest({directories.Select(d => d.Id).ToArray()}, {directories.Select(d => d.Sequence).ToArray()},
              {directories.Select(d => d.Activated).ToArray()}) as i (directory_id, sequence, activated)
            where d.directory_id = i.directory_id
            """,
            .. directories.Exists(d => d.TracesTold.Count > 0) ? [PendingTraces.Forget(directories)] : Array.Empty<SqlText>(),
            ErasedUsers.Request([.. directories.Where(d => d.Closed).Select(d => d.Id)], [.. directories.Where(d => d.Closed).Select(_ => "")]),
            $"delete from pending_directories p where p.directory_id = any({directories.Where(d => !d.HasMore).Select(d => d.Id).ToArray()})",
            $"""
            update pending_directories p set since = clock_timestamp()
            where p.directory_id = any({directories.Where(d => d.HasMore).Select(d => d.Id).ToArray()})
            """,
        ],
        ct);
}

using System.Diagnostics;
using Npgsql;

namespace DirectorySync.Chassis.Sql;

/// <summary>
/// Short reads that are asked at the same time go to PostgreSQL together: a round trip and two switches of processes cost more than such a
/// read itself. What is asked while a round trip is under way takes the next one, and does not wait for it if it takes long. A read starts
/// after it was asked, so it sees everything committed before.
/// </summary>
internal sealed class SharedRoundTrips(NpgsqlDataSource source)
{
    /// <summary>A round trip of short reads takes a fraction of that; one that takes longer is stuck, at a disk for example.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(5);

    private const int MostReads = 32;
    private const int MostRoundTrips = 16;

    private readonly Lock gate = new();
    private readonly Queue<Read> waiting = [];
    private int underWay;

    public Task<List<T>> ListAsync<T>(SqlText query, Func<NpgsqlDataReader, T> map, CancellationToken ct)
    {
        if (Activity.Current is { Recorded: true })
        {
            // So that a trace shows whose statement it was.
            return new SqlStatement(source, query).ListAsync(map, ct);
        }

        var read = new Read<T>(query, map);
        lock (gate)
        {
            waiting.Enqueue(read);
            if (underWay > 0)
            {
                return read.Rows.WaitAsync(ct);
            }

            underWay++;
        }

        Start();
        return read.Rows.WaitAsync(ct);
    }

    // The round trip that is under way has taken too long: another one for who waits.
    private void Overtake()
    {
        lock (gate)
        {
            if (waiting.Count == 0 || underWay == MostRoundTrips)
            {
                return;
            }

            underWay++;
        }

        Start();
    }

    private void Start()
    {
        using (ExecutionContext.SuppressFlow())
        {
            _ = WorkAsync();
        }
    }

    private async Task WorkAsync()
    {
        var reads = new List<Read>(MostReads);
        while (Take(reads))
        {
            var trip = RunAsync(reads);
            while (await Task.WhenAny(trip, Task.Delay(Patience)) != trip)
            {
                Overtake();
            }

            reads.Clear();
            if (Retire())
            {
                return;
            }
        }
    }

    private bool Take(List<Read> reads)
    {
        lock (gate)
        {
            while (reads.Count < MostReads && waiting.TryDequeue(out var read))
            {
                reads.Add(read);
            }

            if (reads.Count == 0)
            {
                underWay--;
            }

            return reads.Count > 0;
        }
    }

    // Whoever came because another was slow leaves again.
    private bool Retire()
    {
        lock (gate)
        {
            if (underWay == 1)
            {
                return false;
            }

            underWay--;
            return true;
        }
    }

    // Answers every read, whatever happens: with rows or with an exception.
    private async Task RunAsync(List<Read> reads)
    {
        var answered = 0;
        try
        {
            await using var connection = await source.OpenConnectionAsync();
            await using var batch = new NpgsqlBatch(connection);
            foreach (var read in reads)
            {
                batch.BatchCommands.Add(read.Query.ToBatchCommand());
            }

            await using var reader = await batch.ExecuteReaderAsync();
            foreach (var read in reads)
            {
                await read.AnswerAsync(reader);
                answered++;
                await reader.NextResultAsync();
            }
        }
        catch (PostgresException) when (reads.Count > 1)
        {
            // One of them fails, and with it all behind it. Alone each gets its own answer.
            await Task.WhenAll(reads.Skip(answered).Select(read => RunAsync([read])));
        }
        catch (Exception e)
        {
            reads.ForEach(read => read.Fail(e));
        }
    }

    private abstract class Read(SqlText query)
    {
        public SqlText Query => query;

        public abstract Task AnswerAsync(NpgsqlDataReader reader);

        public abstract void Fail(Exception e);
    }

    private sealed class Read<T>(SqlText query, Func<NpgsqlDataReader, T> map) : Read(query)
    {
        private readonly TaskCompletionSource<List<T>> rows = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<List<T>> Rows => rows.Task;

        public override async Task AnswerAsync(NpgsqlDataReader reader)
        {
            var found = new List<T>();
            while (await reader.ReadAsync())
            {
                try
                {
                    found.Add(map(reader));
                }
                catch (Exception e) when (e is not NpgsqlException)
                {
                    // Concerns this read alone.
                    rows.TrySetException(e);
                    return;
                }
            }

            rows.TrySetResult(found);
        }

        // Without effect if it was answered.
        public override void Fail(Exception e) => rows.TrySetException(e);
    }
}

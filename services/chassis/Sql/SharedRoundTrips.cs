using System.Diagnostics;
using DirectorySync.Chassis.Batching;
using Npgsql;

namespace DirectorySync.Chassis.Sql;

/// <summary>
/// Short reads that are asked at the same time go to PostgreSQL together: a round trip and two switches of processes cost more than such a
/// read itself. A read starts after it was asked, so it sees everything committed before.
/// </summary>
internal sealed class SharedRoundTrips(NpgsqlDataSource source)
{
    /// <summary>A round trip of short reads takes a fraction of that; one that takes longer is stuck, at a disk for example.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(5);

    private const int MostReads = 32;
    private const int MostRoundTrips = 16;

    private readonly Batcher<Read> batcher = new(reads => RunAsync(source, reads), MostReads, MostRoundTrips, Patience);

    public Task<List<T>> ListAsync<T>(SqlText query, Func<NpgsqlDataReader, T> map, CancellationToken ct)
    {
        if (Activity.Current is { Recorded: true })
        {
            // So that a trace shows whose statement it was.
            return new SqlStatement(source, query).ListAsync(map, ct);
        }

        var read = new Read<T>(query, map);
        batcher.Add(read);
        return read.Rows.WaitAsync(ct);
    }

    // Answers every read, whatever happens: with rows or with an exception.
    private static async Task RunAsync(NpgsqlDataSource source, List<Read> reads)
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
            await Task.WhenAll(reads.Skip(answered).Select(read => RunAsync(source, [read])));
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

using System.Diagnostics;
using DirectorySync.Chassis.Batching;
using DirectorySync.Gateway.Hosting;
using Grpc.Core;

namespace DirectorySync.Gateway.Calls;

/// <summary>
/// Reads of one thing each that are asked at the same time share a call: a call costs more than what it reads. It is a short cut and no
/// more: what it does not answer is asked again alone, with all the patience and the errors of a call of its own.
/// </summary>
/// <param name="read">Reads things of a directory by their ids, and leaves out what is not there.</param>
internal sealed class BatchedReads<T>(Func<string, string[], CallOptions, Task<IReadOnlyDictionary<string, T>>> read)
    where T : class
{
    private const int MostReads = 64;
    private const int MostCalls = 16;

    /// <summary>Longer than a call that is well; the next then no longer waits for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly Batcher<Read> batcher = new(reads => RunAsync(read, reads), MostReads, MostCalls, Patience);

    /// <summary>Null: not answered, because it is not there or because the call failed. Ask alone.</summary>
    public Task<T?> FindAsync(HttpContext http, string directoryId, string id)
    {
        // So that a trace shows whose call it was.
        if (Activity.Current is { Recorded: true })
        {
            return Task.FromResult<T?>(null);
        }

        var asked = new Read(directoryId, id, http.TraceIdentifier);
        batcher.Add(asked);
        return asked.Answer.Task.WaitAsync(http.RequestAborted);
    }

    private static Task RunAsync(Func<string, string[], CallOptions, Task<IReadOnlyDictionary<string, T>>> read, List<Read> reads) =>
        Task.WhenAll(reads.GroupBy(asked => asked.DirectoryId).Select(directory => RunAsync(read, directory.Key, [.. directory])));

    private static async Task RunAsync(
        Func<string, string[], CallOptions, Task<IReadOnlyDictionary<string, T>>> read, string directoryId, Read[] reads)
    {
        IReadOnlyDictionary<string, T>? found = null;
        try
        {
            var metadata = new Metadata { { RequestIds.Metadata, reads[0].RequestId } };
            found = await read(directoryId, [.. reads.Select(asked => asked.Id).Distinct()], new(metadata, DateTime.UtcNow + Timeout));
        }
        catch (RpcException)
        {
            // Each asks again alone, and says what is wrong if it still is.
        }
        finally
        {
            foreach (var asked in reads)
            {
                asked.Answer.TrySetResult(found?.GetValueOrDefault(asked.Id));
            }
        }
    }

    private sealed record Read(string DirectoryId, string Id, string RequestId)
    {
        public TaskCompletionSource<T?> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;

namespace DirectorySync.GroupMembership;

/// <summary>
/// Bounds the work that holds a connection for as long as its caller likes, so that slow callers leave enough of the pool to all others.
/// </summary>
internal sealed class LongWork(TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim reads = new(12);
    private readonly SemaphoreSlim spools = new(8);

    /// <summary>A turn to send the members of a large group while they are read.</summary>
    public Task<IDisposable> ReadAsync(CancellationToken ct) => EnterAsync(reads, ct);

    /// <summary>A turn to receive more members than are kept in memory; such a request needs a second connection now and then.</summary>
    public Task<IDisposable> SpoolAsync(CancellationToken ct) => EnterAsync(spools, ct);

    public void Dispose()
    {
        reads.Dispose();
        spools.Dispose();
    }

    private async Task<IDisposable> EnterAsync(SemaphoreSlim turns, CancellationToken ct)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            await turns.WaitAsync(either.Token);
            return new Turn(turns);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw ErrorReason.StoreUnavailable.ToRpc("Too many requests with very many members are under way. Try again.");
        }
    }

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        private int released;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref released, 1) == 0)
            {
                turns.Release();
            }
        }
    }
}

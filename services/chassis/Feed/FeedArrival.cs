using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// Reads what comes through a feed. Whoever has just written it at its source need not know that the feed takes a few milliseconds: what is
/// not here, and is at the source, is waited for.
/// </summary>
public static class FeedArrival
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Answers what was found here; null if it is at neither place. Throws UNAVAILABLE / NOT_CAUGHT_UP if it takes more than two seconds to
    /// come, UNAVAILABLE / STORE_UNAVAILABLE if the source is away.
    /// </summary>
    /// <typeparam name="T">A type that can be null.</typeparam>
    /// <param name="find">Looks here; null: not there.</param>
    /// <param name="readAtSource">Reads it at the source: NOT_FOUND, or false, if it is not there either. Called once at most.</param>
    /// <param name="time">The time.</param>
    /// <param name="ct">Ends the wait.</param>
    public static async Task<T?> FindAsync<T>(
        Func<CancellationToken, Task<T?>> find, Func<CallOptions, Task<bool>> readAtSource, TimeProvider time, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        for (var asked = false; ; asked = true)
        {
            if (await find(ct) is { } found)
            {
                return found;
            }

            if (!asked && !await IsAtSourceAsync(readAtSource, ct))
            {
                return default;
            }

            if (time.GetElapsedTime(started) > Patience)
            {
                const string remedy = "Try again in a moment.";
                throw ErrorReason.NotCaughtUp.ToRpc($"What is asked for exists, and has not arrived at this service yet. {remedy}", ("remedy", remedy));
            }

            await Task.Delay(LookEvery, time, ct);
        }
    }

    /// <summary>The same for a directory, whose source is identity: there, unless identity is deleting it.</summary>
    public static Task<T?> FindDirectoryAsync<T>(
        Func<CancellationToken, Task<T?>> find, DirectoryService.DirectoryServiceClient identity, string directoryId, TimeProvider time, CancellationToken ct) =>
        FindAsync(
            find,
            async call => (await identity.GetDirectoryAsync(new() { Id = directoryId }, call)).Directory.State != DirectoryState.Deleting,
            time,
            ct);

    private static async Task<bool> IsAtSourceAsync(Func<CallOptions, Task<bool>> readAtSource, CancellationToken ct)
    {
        try
        {
            return await readAtSource(new(deadline: DateTime.UtcNow + Patience, cancellationToken: ct));
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
        catch (RpcException) when (!ct.IsCancellationRequested)
        {
            throw ErrorReason.StoreUnavailable.ToRpc("Whether it exists cannot be said at the moment. Try again.");
        }
    }
}

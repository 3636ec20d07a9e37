using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>
/// Whether there is such a directory. Whoever has just created one at identity need not know that its feed takes a few milliseconds: of
/// what has not arrived here identity itself is asked.
/// </summary>
internal sealed class KnownDirectories(
    Database database, DirectoryService.DirectoryServiceClient identity, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Answers the provider once this service has the directory. Throws NOT_FOUND, or UNAVAILABLE / NOT_CAUGHT_UP if that takes too long.</summary>
    public async Task<Provider> RequireAsync(string directoryId, CancellationToken ct)
    {
        Inputs.RequireId(directoryId, "directory");
        var started = time.GetTimestamp();
        var asked = false;
        while (true)
        {
            if (await FindAsync(directoryId, ct) is { } provider)
            {
                return provider;
            }

            if (!asked && !await IsAtIdentityAsync(directoryId, ct))
            {
                throw Inputs.NotFound("directory");
            }

            asked = true;
            if (time.GetElapsedTime(started) > Patience)
            {
                throw ErrorReason.NotCaughtUp.ToRpc(
                    "The directory has not arrived at this service yet.", ("remedy", "Try again in a moment."));
            }

            await Task.Delay(LookEvery, time, ct);
        }
    }

    // A closed one is gone, whatever identity says.
    private async Task<Provider?> FindAsync(string directoryId, CancellationToken ct) =>
        await database.Sql($"select closed, provider from directory_mappings where directory_id = {directoryId}")
            .FindAsync(row => row.GetBoolean(0) ? throw Inputs.NotFound("directory") : (Provider?)row.GetInt32(1), ct);

    private async Task<bool> IsAtIdentityAsync(string directoryId, CancellationToken ct)
    {
        try
        {
            var answer = await identity.GetDirectoryAsync(
                new() { Id = directoryId }, deadline: DateTime.UtcNow + Patience, cancellationToken: ct);
            return answer.Directory.State != DirectoryState.Deleting;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
        catch (RpcException) when (!ct.IsCancellationRequested)
        {
            throw ErrorReason.StoreUnavailable.ToRpc("Whether the directory exists cannot be said at the moment. Try again.");
        }
    }
}

using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>Whether there is such a directory, also of this very moment.</summary>
internal sealed class KnownDirectories(
    Database database, DirectoryService.DirectoryServiceClient identity, TimeProvider time)
{
    /// <summary>Answers the provider once this service has the directory. Throws NOT_FOUND, or UNAVAILABLE / NOT_CAUGHT_UP if that takes too long.</summary>
    public async Task<Provider> RequireAsync(string directoryId, CancellationToken ct)
    {
        Inputs.RequireId(directoryId, "directory");
        return await FeedArrival.FindDirectoryAsync(ct => FindAsync(directoryId, ct), identity, directoryId, time, ct)
            ?? throw Inputs.NotFound("directory");
    }

    // A closed one is gone, whatever identity says.
    private async Task<Provider?> FindAsync(string directoryId, CancellationToken ct) =>
        await database.Sql($"select closed, provider from directory_mappings where directory_id = {directoryId}")
            .FindAsync(row => row.GetBoolean(0) ? throw Inputs.NotFound("directory") : (Provider?)row.GetInt32(1), ct);
}

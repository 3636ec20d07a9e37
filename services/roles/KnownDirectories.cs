using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;

namespace DirectorySync.Roles;

/// <summary>Whether there is such a directory, also of this very moment.</summary>
internal sealed class KnownDirectories(Database database, DirectoryService.DirectoryServiceClient identity, TimeProvider time)
{
    /// <summary>Returns once this service has the directory. Throws NOT_FOUND, or UNAVAILABLE / NOT_CAUGHT_UP if that takes too long.</summary>
    public async Task RequireAsync(string directoryId, CancellationToken ct)
    {
        Inputs.RequireId(directoryId, "directory");
        _ = await FeedArrival.FindDirectoryAsync(ct => FindAsync(directoryId, ct), identity, directoryId, time, ct)
            ?? throw Inputs.NotFound("directory");
    }

    // A closed one is gone, whatever identity says.
    private Task<string?> FindAsync(string directoryId, CancellationToken ct) => database.Sql($"""
        select c.directory_id is not null, i.id
        from (select {directoryId} as id) i
        left join closed_directories c on c.directory_id = i.id
        left join directories d on d.directory_id = i.id
        where c.directory_id is not null or d.directory_id is not null
        """).FindAsync(row => row.GetBoolean(0) ? throw Inputs.NotFound("directory") : (string?)row.GetString(1), ct);
}

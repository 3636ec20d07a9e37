using DirectorySync.Chassis.Sql;

namespace DirectorySync.Identity.Directories;

/// <summary>
/// The queue of a directory: writers of users stand in it together, a change of the directory alone, and nobody overtakes. (A row's
/// lock for share is given past whoever waits to change the row: he could wait as long as users are written.) What is
/// decided by the row is read by a later statement, or behind a lock of the row: only those show it as it is when the queue is passed.
/// </summary>
internal static class DirectoryLock
{
    public static SqlText Shared(string id) =>
        $"(select pg_advisory_xact_lock_shared(hashtextextended('directory ' || {id}, 0)) is not null)";

    public static SqlText Exclusive(string id) =>
        $"(select pg_advisory_xact_lock(hashtextextended('directory ' || {id}, 0)) is not null)";
}

using System.Diagnostics;
using DirectorySync.Chassis.Sql;
using Google.Protobuf.Reflection;

namespace DirectorySync.Identity;

/// <summary>The change that a write appends in its own statement, so that neither exists without the other.</summary>
internal static class Changes
{
    /// <summary>
    /// A CTE to put behind one named `written (id, version, data)`. It reads the written row, so its id is drawn under the row's lock.
    /// </summary>
    /// <param name="type">Of the message in data.</param>
    /// <param name="directoryId">Empty for what belongs to the deployment.</param>
    /// <param name="deleted">True if data is the last state of what was deleted.</param>
    public static SqlText Append(MessageDescriptor type, string directoryId, bool deleted = false) => $"""
        changed as (
          insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
          select {directoryId}, {type.FullName}, id, version, {deleted}, data, {TraceParent} from written)
        """;

    private static string? TraceParent => Activity.Current is { Recorded: true } activity ? activity.Id : null;
}

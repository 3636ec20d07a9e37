using System.Diagnostics;
using DirectorySync.Chassis.Sql;
using Google.Protobuf.Reflection;

namespace DirectorySync.AttributeMapping;

/// <summary>The change that a write appends in its own transaction, so that neither exists without the other.</summary>
internal static class Changes
{
    /// <summary>Of the request that is being served, if it is recorded.</summary>
    public static string? TraceParent => Activity.Current is { Recorded: true } activity ? activity.Id : null;

    public static SqlText Append(
        string directoryId, MessageDescriptor type, string resourceId, long version, bool deleted, byte[] resource) => $"""
        insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
        values ({directoryId}, {type.FullName}, {resourceId}, {version}, {deleted}, {resource}, {TraceParent})
        """;
}

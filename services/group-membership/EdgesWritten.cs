using DirectorySync.GroupMembership.V1;
using Npgsql;

namespace DirectorySync.GroupMembership;

/// <summary>What <see cref="EdgeSql.Write"/> answers.</summary>
/// <param name="Group">The group afterwards; null if there is none, or the directory is closed.</param>
/// <param name="Closed">The directory is closed.</param>
/// <param name="Strangers">Ids of which nothing is known.</param>
/// <param name="Changed">Something changed that anyone can see.</param>
internal sealed record EdgesWritten(Group? Group, bool Closed, string[] Strangers, bool Changed)
{
    public static EdgesWritten Read(NpgsqlDataReader row) => new(
        row.IsDBNull(0) ? null : StoredGroup.Read(row),
        row.GetBoolean(3),
        row.GetFieldValue<string[]>(4),
        row.GetInt64(5) > 0);
}

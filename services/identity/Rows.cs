using DirectorySync.Chassis.Sql;
using Npgsql;

namespace DirectorySync.Identity;

/// <summary>What reading rows needs more than once.</summary>
internal static class Rows
{
    public static DateTimeOffset? FindTime(this NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    /// <summary>True if the statement returns a row.</summary>
    public static Task<bool> ExistsAsync(this SqlStatement statement, CancellationToken ct) => statement.FindAsync(_ => true, ct);
}

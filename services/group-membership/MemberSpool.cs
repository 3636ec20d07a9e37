using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;
using Npgsql;
using NpgsqlTypes;

namespace DirectorySync.GroupMembership;

/// <summary>
/// The members of a streamed request. A few stay in memory; many go to a temporary table as they arrive, outside any transaction, so that
/// neither memory nor locks wait for a slow caller.
/// </summary>
internal sealed class MemberSpool(Database database, MemberResolution resolution, string directoryId) : IAsyncDisposable
{
    /// <summary>Most members kept in memory.</summary>
    public const int InMemoryLimit = 1_000;

    private readonly List<(int Operation, Member Member)> kept = [];
    private NpgsqlConnection? connection;

    /// <summary>False once members have gone to the temporary table.</summary>
    public bool IsInMemory => connection is null;

    /// <summary>Adds members of an operation.</summary>
    /// <param name="operation">Number of the operation.</param>
    /// <param name="members">At most a message's.</param>
    /// <param name="resolve">They are to be written: who they are must be known.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task AddAsync(int operation, IReadOnlyCollection<Member> members, bool resolve, CancellationToken ct)
    {
        if (connection is null)
        {
            kept.AddRange(members.Select(m => (operation, m)));
            if (kept.Count <= InMemoryLimit)
            {
                return;
            }

            await OpenAsync(ct);
            await CopyAsync(kept, ct);
            await resolution.EnsureKnownAsync(directoryId, [.. kept.Select(k => k.Member.Value)], ct);
            kept.Clear();
            return;
        }

        await CopyAsync(members.Select(m => (operation, m)), ct);
        if (resolve)
        {
            await resolution.EnsureKnownAsync(directoryId, [.. members.Select(m => m.Value)], ct);
        }
    }

    /// <summary>The members of an operation while they are in memory.</summary>
    public IEnumerable<Member> Kept(int operation) => kept.Where(k => k.Operation == operation).Select(k => k.Member);

    /// <summary>The members of an operation in the temporary table, each id once, with the last display that says something.</summary>
    public static SqlText Rows(int operation) => $"""
        select distinct on (i.id) i.id, i.type, i.display
        from incoming_members i
        where i.operation = {operation}
        order by i.id, i.display <> '' desc, i.position desc
        """;

    /// <summary>A transaction that sees the temporary table.</summary>
    public Task<T> InTransactionAsync<T>(Func<Transaction, Task<T>> work, CancellationToken ct) =>
        connection is null ? database.InTransactionAsync(work, ct) : Database.InTransactionAsync(connection, work, ct);

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
        {
            // Going back to the pool resets the session: temporary tables go.
            await connection.DisposeAsync();
        }
    }

    private async Task OpenAsync(CancellationToken ct)
    {
        connection = await database.Source.OpenConnectionAsync(ct);
        await using var create = new NpgsqlCommand(
            """
            create temporary table incoming_members (
              operation int not null,
              position bigint generated always as identity,
              id text collate "C" not null,
              type smallint not null,
              display text collate "C" not null
            )
            """,
            connection);
        await create.ExecuteNonQueryAsync(ct);
    }

    private async Task CopyAsync(IEnumerable<(int Operation, Member Member)> rows, CancellationToken ct)
    {
        await using var copy = await connection!.BeginBinaryImportAsync(
            "copy incoming_members (operation, id, type, display) from stdin (format binary)", ct);
        foreach (var (operation, member) in rows)
        {
            await copy.StartRowAsync(ct);
            await copy.WriteAsync(operation, NpgsqlDbType.Integer, ct);
            await copy.WriteAsync(member.Value, NpgsqlDbType.Text, ct);
            await copy.WriteAsync((short)member.Type, NpgsqlDbType.Smallint, ct);
            await copy.WriteAsync(member.Display, NpgsqlDbType.Text, ct);
        }

        await copy.CompleteAsync(ct);
    }
}

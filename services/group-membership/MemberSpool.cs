using DirectorySync.Chassis.Sql;
using DirectorySync.GroupMembership.V1;
using Npgsql;
using NpgsqlTypes;

namespace DirectorySync.GroupMembership;

/// <summary>
/// The members of a streamed request. A few stay in memory; many go to a temporary table as they arrive, outside any transaction, so that
/// neither memory nor locks wait for a slow caller.
/// </summary>
internal sealed class MemberSpool(
    Database database, LongWork work, Func<IReadOnlyCollection<string>, CancellationToken, Task> resolveAsync) : IAsyncDisposable
{
    /// <summary>Most members kept in memory.</summary>
    public const int InMemoryLimit = 1_000;

    // As many go to the table at once, however few an operation or a message names.
    private const int Batch = 5_000;

    private readonly List<(int Step, Member Member, bool Resolve)> kept = [];
    private NpgsqlConnection? connection;
    private IDisposable? turn;

    /// <summary>False once members have gone to the temporary table.</summary>
    public bool IsInMemory => connection is null;

    /// <summary>Adds members of a step.</summary>
    /// <param name="step">Number of the step.</param>
    /// <param name="members">At most a message's.</param>
    /// <param name="resolve">They are to be written: who they are must be known.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task AddAsync(int step, IReadOnlyCollection<Member> members, bool resolve, CancellationToken ct)
    {
        kept.AddRange(members.Select(m => (step, m, resolve)));
        if (kept.Count <= (IsInMemory ? InMemoryLimit : Batch))
        {
            return;
        }

        if (connection is null)
        {
            await OpenAsync(ct);
        }

        await FlushAsync(ct);
    }

    /// <summary>The members of a step while they are in memory.</summary>
    public IEnumerable<Member> Kept(int step) => IsInMemory ? kept.Where(k => k.Step == step).Select(k => k.Member) : [];

    /// <summary>The members of a step in the temporary table, each id once; of several displays the last that says something.</summary>
    public static SqlText Rows(int step) => $"""
        select distinct on (i.id) i.id, i.type, i.display
        from incoming_members i
        where i.step = {step}
        order by i.id, i.display <> '' desc, i.position desc
        """;

    /// <summary>Who is there after steps that remove and steps that add, in their order: as above, of the displays since the last removal.</summary>
    public static SqlText Come(int[] removals, int[] additions) => $"""
        select distinct on (i.id) i.id, i.type, i.display
        from (
          select *, max(position) filter (where step = any({removals})) over (partition by id) as gone
          from incoming_members
          where step = any({removals}) or step = any({additions})) i
        where i.position > coalesce(i.gone, 0) and i.step = any({additions})
        order by i.id, i.display <> '' desc, i.position desc
        """;

    /// <summary>The ids of those who are not there after such steps.</summary>
    public static SqlText Gone(int[] removals, int[] additions) => $"""
        select id from incoming_members
        where step = any({removals}) or step = any({additions})
        group by id
        having max(position) filter (where step = any({removals})) > coalesce(max(position) filter (where step = any({additions})), 0)
        """;

    /// <summary>A transaction that sees the temporary table.</summary>
    public async Task<T> InTransactionAsync<T>(Func<Transaction, Task<T>> work, CancellationToken ct)
    {
        if (connection is null)
        {
            return await database.InTransactionAsync(work, ct);
        }

        await FlushAsync(ct);
        return await Database.InTransactionAsync(connection, work, ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (connection is not null)
        {
            await DropAsync(connection);
            await connection.DisposeAsync();
        }

        turn?.Dispose();
    }

    private async Task OpenAsync(CancellationToken ct)
    {
        turn = await work.SpoolAsync(ct);
        connection = await database.Source.OpenConnectionAsync(ct);
        await using var create = new NpgsqlCommand(
            """
            create temporary table incoming_members (
              step int not null,
              position bigint generated always as identity,
              id text collate "C" not null,
              type smallint not null,
              display text collate "C" not null
            )
            """,
            connection);
        await create.ExecuteNonQueryAsync(ct);
    }

    // A session that cannot drop its table is not used again: the table ends with it.
    private static async Task DropAsync(NpgsqlConnection connection)
    {
        try
        {
            await using var drop = new NpgsqlCommand("drop table incoming_members", connection);
            await drop.ExecuteNonQueryAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            NpgsqlConnection.ClearPool(connection);
        }
    }

    private async Task FlushAsync(CancellationToken ct)
    {
        await using (var copy = await connection!.BeginBinaryImportAsync(
            "copy incoming_members (step, id, type, display) from stdin (format binary)", ct))
        {
            foreach (var (step, member, _) in kept)
            {
                await copy.StartRowAsync(ct);
                await copy.WriteAsync(step, NpgsqlDbType.Integer, ct);
                await copy.WriteAsync(member.Value, NpgsqlDbType.Text, ct);
                await copy.WriteAsync((short)member.Type, NpgsqlDbType.Smallint, ct);
                await copy.WriteAsync(member.Display, NpgsqlDbType.Text, ct);
            }

            await copy.CompleteAsync(ct);
        }

        await resolveAsync([.. kept.Where(k => k.Resolve).Select(k => k.Member.Value)], ct);
        kept.Clear();
    }
}

using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Paging;
using DirectorySync.Errors.V1;
using DirectorySync.Events.Folding;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Invitations;

/// <summary>An invitation that this process sends, for as long as its lease counts.</summary>
/// <param name="Key">The user.</param>
/// <param name="Id">The message.</param>
/// <param name="Lease">Whose it is.</param>
/// <param name="Attempt">Which attempt it is.</param>
/// <param name="Created">When the period began.</param>
/// <param name="Directory">As it is now.</param>
/// <param name="OrganizationName">Empty: not known.</param>
/// <param name="User">As applications know it; null: they do not.</param>
internal sealed record ClaimedInvitation(
    ResourceKey Key, string Id, Guid Lease, int Attempt, DateTimeOffset Created, Directory Directory, string OrganizationName, DirectoryUser? User);

/// <summary>Invitations. All is decided in the row: whoever sends one has claimed it, and committed that, before the mail server hears of it.</summary>
internal sealed class InvitationStore(Database database, TimeProvider time)
{
    private const int Usual = 100;
    private const int Largest = 1_000;
    private const int Batch = 1_000;

    /// <summary>
    /// Takes the next one that is due, at most so many a second, whichever replica asks. Directories of which nothing is told at present send
    /// none.
    /// </summary>
    public Task<ClaimedInvitation?> ClaimAsync(double perSecond, TimeSpan lease, CancellationToken ct) => database.Sql($"""
        with recursive waiting as (
          (select v.directory_id from invitations v where v.state = {(short)InvitationState.Pending} order by v.directory_id limit 1)
          union all
          select (select v.directory_id from invitations v where v.state = {(short)InvitationState.Pending} and v.directory_id > w.directory_id
            order by v.directory_id limit 1)
          from waiting w where w.directory_id is not null
        ),
        pace as materialized (select p.only_row from invitation_pace p where p.next_time <= clock_timestamp() for update skip locked),
        due as materialized (
          select v.directory_id, v.user_id
          from pace
          cross join waiting w
          join directories d on d.directory_id = w.directory_id and d.telling
          cross join lateral (
            select v.directory_id, v.user_id, v.next_time from invitations v
            where v.directory_id = w.directory_id and v.state = {(short)InvitationState.Pending} and v.next_time <= clock_timestamp()
            order by v.next_time
            limit 1
          ) v
          order by v.next_time
          limit 1
        ),
        claimed as (
          update invitations v
          set state = {(short)InvitationState.Sending}, attempts = v.attempts + 1, lease = gen_random_uuid(), lease_time = clock_timestamp() + {lease}
          from due
          where v.directory_id = due.directory_id and v.user_id = due.user_id and v.state = {(short)InvitationState.Pending}
          returning v.*
        ),
        paced as (
          update invitation_pace p set next_time = clock_timestamp() + {TimeSpan.FromSeconds(1 / perSecond)} where exists (select from claimed)
        )
        select c.directory_id, c.user_id, c.id, c.lease, c.attempts, c.create_time, d.data, o.data, u.told
        from claimed c
        join directories d on d.directory_id = c.directory_id
        left join organizations o on o.id = d.organization_id
        left join directory_users u on u.directory_id = c.directory_id and u.id = c.user_id
        """).FindAsync(ReadClaimed, ct);

    /// <summary>
    /// Records what came of it. What is learned after the lease counts too, unless a person or another period was quicker.
    /// </summary>
    public Task FinishAsync(ClaimedInvitation claimed, InvitationState state, string error, DateTimeOffset? next, CancellationToken ct) => database.Sql($"""
        update invitations v
        set state = {(short)state}, last_error = {error}, lease = null, lease_time = null, next_time = coalesce({next}, v.next_time),
          send_time = case when {state == InvitationState.Sent} then clock_timestamp() end
        where v.directory_id = {claimed.Key.DirectoryId} and v.user_id = {claimed.Key.Id} and v.lease = {claimed.Lease}
          and v.state = any({new[] { (short)InvitationState.Sending, (short)InvitationState.Uncertain }})
        """).ExecuteAsync(ct);

    /// <summary>The mail server is away: nobody asks it before then.</summary>
    public Task PauseAsync(DateTimeOffset until, CancellationToken ct) =>
        database.Sql($"update invitation_pace p set next_time = greatest(p.next_time, {until})").ExecuteAsync(ct);

    /// <summary>Of what nobody is sending any more, nobody knows whether it was sent. How many there were.</summary>
    public Task<int> GiveUpAsync(CancellationToken ct) => database.Sql($"""
        update invitations v set state = {(short)InvitationState.Uncertain}, last_error = 'INTERRUPTED'
        where v.state = {(short)InvitationState.Sending} and v.lease_time < clock_timestamp()
        """).ExecuteAsync(ct);

    /// <summary>The directory does not invite any more.</summary>
    public async Task WithdrawAllAsync(string directoryId, CancellationToken ct)
    {
        while (await database.Sql($"""
            update invitations v set state = {(short)InvitationState.Withdrawn}
            where v.directory_id = {directoryId} and v.user_id in (
              select v.user_id from invitations v
              where v.directory_id = {directoryId} and v.state = {(short)InvitationState.Pending}
              order by v.next_time limit {Batch} for update skip locked)
            """).ExecuteAsync(ct) == Batch)
        {
        }
    }

    public async Task<ListInvitationsResponse> ListAsync(ListInvitationsRequest request, CancellationToken ct)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        if (request.PageSize is < 0 or > Largest)
        {
            throw Inputs.Invalid("page_size", $"{request.PageSize}", $"A page has 1 to {Largest}.", $"Give 0 for {Usual}.");
        }

        var limit = request.PageSize == 0 ? Usual : request.PageSize;
        var states = request.States.Select(state => (short)state).ToArray();
        var inState = states.Length == 0 ? SqlText.Empty : (SqlText)$" and v.state = any({states})";
        var before = request.PageToken.Length == 0
            ? SqlText.Empty
            : (SqlText)$" and v.id < {PageToken.Read(nameof(ListAsync), request.PageToken, 1)[0]}";
        var found = await database.Sql($"""
            {Columns} where v.directory_id = {request.DirectoryId}{inState}{before} order by v.id desc limit {limit + 1}
            """).ListAsync(Read, ct);
        var response = new ListInvitationsResponse { Invitations = { found.Take(limit) } };
        response.NextPageToken = found.Count > limit ? PageToken.Issue(nameof(ListAsync), found[limit - 1].Id) : "";
        return response;
    }

    /// <summary>Makes an invitation pending because a person wants it.</summary>
    public Task<Invitation> ResendAsync(string directoryId, string userId, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            await Terms.LockAsync(tx, [directoryId], ct);
            var user = await tx.Sql($"""
                select u.told, d.data from directory_users u join directories d on d.directory_id = u.directory_id and not d.closed
                where u.directory_id = {directoryId} and u.id = {userId} and u.told is not null
                """).FindAsync(
                row => new
                {
                    Told = DirectoryUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)),
                    Directory = Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(1)),
                },
                ct) ?? throw Inputs.NotFound("directory user");
            if (InvitationRules.WhyNot(user.Directory, user.Told) is { } why)
            {
                throw ErrorReason.NothingToSend.ToRpc(why, ("remedy", why));
            }

            var now = time.GetUtcNow();
            tx.Audit("invitation.resent", userId, directoryId: directoryId, organizationId: user.Directory.OrganizationId);
            return await tx.Sql($"""
                with resent as (
                  insert into invitations as v (directory_id, user_id, id, state, create_time)
                  values ({directoryId}, {userId}, {Guid.CreateVersion7(now).ToString()}, {(short)InvitationState.Pending}, {now})
                  on conflict (directory_id, user_id) do update
                  set id = case when v.state = any({SameMessage}) then v.id else excluded.id end, state = excluded.state, attempts = 0,
                    create_time = excluded.create_time, send_time = null, next_time = clock_timestamp(), last_error = '', lease = null,
                    lease_time = null
                  where v.state <> all({UnderWay})
                  returning v.*
                )
                {SelectFrom($"resent")} v
                union all
                {SelectFrom($"invitations")} v where v.directory_id = {directoryId} and v.user_id = {userId} and not exists (select from resent)
                """).SingleAsync(Read, ct);
        },
        ct);

    // What may have arrived, or not, keeps its Message-ID: a mailbox can tell that it has it.
    private static readonly short[] SameMessage = [(short)InvitationState.Uncertain, (short)InvitationState.Failed, (short)InvitationState.NoAddress];

    private static readonly short[] UnderWay = [(short)InvitationState.Pending, (short)InvitationState.Sending];

    private static SqlText Columns => $"{SelectFrom($"invitations")} v";

    private static SqlText SelectFrom(SqlText table) => $"""
        select v.id, v.directory_id, v.user_id, v.state, v.attempts, v.create_time, v.send_time, v.next_time, v.last_error from {table}
        """;

    private static Invitation Read(NpgsqlDataReader row)
    {
        var state = (InvitationState)row.GetInt16(3);
        return new()
        {
            Id = row.GetString(0),
            DirectoryId = row.GetString(1),
            UserId = row.GetString(2),
            State = state,
            Attempts = row.GetInt32(4),
            CreateTime = row.GetFieldValue<DateTimeOffset>(5).ToTimestamp(),
            SendTime = row.IsDBNull(6) ? null : row.GetFieldValue<DateTimeOffset>(6).ToTimestamp(),
            NextAttemptTime = state == InvitationState.Pending ? row.GetFieldValue<DateTimeOffset>(7).ToTimestamp() : null,
            LastError = row.GetString(8),
        };
    }

    private static ClaimedInvitation ReadClaimed(NpgsqlDataReader row)
    {
        var directory = Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(6));
        var user = row.IsDBNull(8) ? null : DirectoryUser.Parser.ParseFrom(row.GetFieldValue<byte[]>(8));
        if (user is not null)
        {
            user.OrganizationId = directory.OrganizationId;
        }

        return new(
            UserPart.ReadKey(row), row.GetString(2), row.GetGuid(3), row.GetInt32(4), row.GetFieldValue<DateTimeOffset>(5), directory,
            row.IsDBNull(7) ? "" : Organization.Parser.ParseFrom(row.GetFieldValue<byte[]>(7)).Name, user);
    }
}

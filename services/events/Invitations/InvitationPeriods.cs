using DirectorySync.Events.Folding;

namespace DirectorySync.Events.Invitations;

/// <summary>
/// The periods in which users are active, as applications are told of them, in the transaction that tells: each has one invitation, where the
/// directory's policy wants it.
/// </summary>
internal static class InvitationPeriods
{
    /// <summary>What follows from what is told of users.</summary>
    /// <param name="invites">The directory's policy.</param>
    /// <param name="before">As it was told; null: it was not.</param>
    /// <param name="after">As it is told now.</param>
    public static InvitationStep Decide(bool invites, DirectoryUser? before, DirectoryUser after)
    {
        if (!after.Active)
        {
            return before is { Active: true } ? InvitationStep.End : InvitationStep.None;
        }

        return !invites ? InvitationStep.None
            : before is not { Active: true } ? InvitationStep.Begin
            : before.Email.Length == 0 && after.Email.Length > 0 ? InvitationStep.Address
            : InvitationStep.None;
    }

    /// <summary>Users became active. One that the application had before gets none this time.</summary>
    public static SqlText Begin(IReadOnlyList<ResourceKey> users, DateTimeOffset time) => $"""
        insert into invitations as v (directory_id, user_id, id, state, create_time)
        select i.directory_id, i.user_id, i.id, {(short)InvitationState.Pending}, {time}
        from unnest({users.Select(user => user.DirectoryId).ToArray()}, {users.Select(user => user.Id).ToArray()},
          {users.Select(_ => Guid.CreateVersion7(time).ToString()).ToArray()}) as i (directory_id, user_id, id)
        order by i.directory_id, i.user_id
        on conflict (directory_id, user_id) do update
        set id = excluded.id, state = excluded.state, attempts = 0, create_time = excluded.create_time, send_time = null,
          next_time = clock_timestamp(), last_error = '', lease = null, lease_time = null
        where v.state <> {(short)InvitationState.Exempt}
        """;

    /// <summary>Users are not active any more. What is on its way cannot be called back.</summary>
    public static SqlText End(IReadOnlyList<ResourceKey> users) => $"""
        update invitations v set state = {(short)InvitationState.Withdrawn}
        from unnest({users.Select(user => user.DirectoryId).ToArray()}, {users.Select(user => user.Id).ToArray()}) as i (directory_id, user_id)
        where v.directory_id = i.directory_id and v.user_id = i.user_id and v.state = any({Waiting})
        """;

    /// <summary>Users that had no address have one now.</summary>
    public static SqlText Address(IReadOnlyList<ResourceKey> users) => $"""
        update invitations v set state = {(short)InvitationState.Pending}, next_time = clock_timestamp()
        from unnest({users.Select(user => user.DirectoryId).ToArray()}, {users.Select(user => user.Id).ToArray()}) as i (directory_id, user_id)
        where v.directory_id = i.directory_id and v.user_id = i.user_id and v.state = {(short)InvitationState.NoAddress}
        """;

    /// <summary>The application had these users before, which are still to be told: they get no invitation for the first period.</summary>
    public static SqlText Exempt(IReadOnlyList<ResourceKey> users, DateTimeOffset time) => $"""
        insert into invitations (directory_id, user_id, id, state, create_time)
        select i.directory_id, i.user_id, i.id, {(short)InvitationState.Exempt}, {time}
        from unnest({users.Select(user => user.DirectoryId).ToArray()}, {users.Select(user => user.Id).ToArray()},
          {users.Select(_ => Guid.CreateVersion7(time).ToString()).ToArray()}) as i (directory_id, user_id, id)
        order by i.directory_id, i.user_id
        on conflict do nothing
        """;

    // What a deactivation withdraws.
    private static readonly short[] Waiting = [(short)InvitationState.Pending, (short)InvitationState.NoAddress, (short)InvitationState.Exempt];
}

/// <summary>What is to be done about a user's invitation.</summary>
internal enum InvitationStep
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A period begins: invite.</summary>
    Begin,

    /// <summary>It ends: withdraw.</summary>
    End,

    /// <summary>Now it could be sent.</summary>
    Address,
}

/// <summary>What is to be done about the invitations of many users.</summary>
internal sealed class InvitationSteps
{
    private readonly Dictionary<InvitationStep, List<ResourceKey>> steps = [];

    public void Add(ResourceKey user, InvitationStep step)
    {
        if (step == InvitationStep.None)
        {
            return;
        }

        if (!steps.TryGetValue(step, out var users))
        {
            steps[step] = users = [];
        }

        users.Add(user);
    }

    /// <summary>One for each kind of step that there is.</summary>
    public IEnumerable<SqlText> Statements(DateTimeOffset time) => steps.Select(step => step.Key switch
    {
        InvitationStep.Begin => InvitationPeriods.Begin(step.Value, time),
        InvitationStep.End => InvitationPeriods.End(step.Value),
        _ => InvitationPeriods.Address(step.Value),
    });
}

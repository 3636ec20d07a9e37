namespace DirectorySync.Events.Alerts;

/// <summary>Something that goes on.</summary>
internal sealed record Occasion(string DirectoryId, string Code, string ResourceId, string Detail, string Remedy);

/// <summary>How alerts begin: one that goes on already is not begun again.</summary>
internal static class AlertRows
{
    public const string LaneWaiting = "LANE_WAITING";
    public const string DeadLetters = "DEAD_LETTERS";

    /// <summary>What is found here; the rest identity tells.</summary>
    public static readonly string[] Own = [LaneWaiting, DeadLetters];

    public static SqlText Begin(IReadOnlyList<Occasion> occasions, Guid? bootstrap = null) => $"""
        insert into alerts as a (directory_id, code, resource_id, id, detail, remedy, start_time, bootstrap)
        select i.directory_id, i.code, i.resource_id, i.id, i.detail, i.remedy, clock_timestamp(), {bootstrap}::uuid
        from unnest({occasions.Select(o => o.DirectoryId).ToArray()}, {occasions.Select(o => o.Code).ToArray()},
          {occasions.Select(o => o.ResourceId).ToArray()}, {occasions.Select(_ => Guid.CreateVersion7().ToString()).ToArray()},
          {occasions.Select(o => o.Detail).ToArray()}, {occasions.Select(o => o.Remedy).ToArray()})
          as i (directory_id, code, resource_id, id, detail, remedy)
        order by i.directory_id, i.code, i.resource_id
        on conflict (directory_id, code, resource_id) do update
        set bootstrap = coalesce(excluded.bootstrap, a.bootstrap),
          id = case when a.end_time is null then a.id else excluded.id end,
          detail = excluded.detail, remedy = excluded.remedy,
          start_time = case when a.end_time is null then a.start_time else excluded.start_time end,
          start_told = a.start_told and a.end_time is null,
          end_told = false,
          mail_due_time = case when a.end_time is null then a.mail_due_time else excluded.mail_due_time end,
          mail_time = case when a.end_time is null then a.mail_time end,
          mail_attempts = case when a.end_time is null then a.mail_attempts else 0 end,
          end_time = null
        """;
}

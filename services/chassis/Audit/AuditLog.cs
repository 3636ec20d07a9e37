using DirectorySync.Audit.V1;
using DirectorySync.Chassis.Sql;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Chassis.Audit;

/// <summary>The log of administrative acts: an entry is a statement of the act's own transaction.</summary>
public static class AuditLog
{
    /// <summary>Metadata in which a caller that speaks for somebody says for whom: a serialized Actor.</summary>
    public const string ActorHeader = "directorysync-actor-bin";

    /// <summary>
    /// Notes an act of whoever is being served, or of the system if nobody is. It goes along with the next round trip of the transaction.
    /// </summary>
    /// <param name="tx">The transaction of the act.</param>
    /// <param name="action">What was done, for example "role.updated".</param>
    /// <param name="resourceId">Of what was acted on.</param>
    /// <param name="before">What it was; null: it was not there.</param>
    /// <param name="after">What it is; null: it is gone, or is nothing that the act changes.</param>
    /// <param name="directoryId">Empty: it concerns no single one.</param>
    /// <param name="organizationId">Empty: as the caller says.</param>
    public static void Audit(
        this Transaction tx,
        string action,
        string resourceId,
        IMessage? before = null,
        IMessage? after = null,
        string directoryId = "",
        string organizationId = "")
    {
        var caller = AuditCaller.Current;
        var actor = caller.Actor.Clone();
        var entry = new AuditEntry
        {
            Id = Guid.CreateVersion7().ToString(),
            CreateTime = DateTimeOffset.UtcNow.ToTimestamp(),
            Action = action,
            OrganizationId = organizationId.Length > 0 ? organizationId : actor.OrganizationId,
            DirectoryId = directoryId,
            ResourceId = resourceId,
            Before = AuditImage.Of(before),
            After = AuditImage.Of(after),
            RequestId = caller.RequestId,
        };
        actor.OrganizationId = "";
        entry.Actor = actor;
        tx.ExecuteLater($"""
            insert into audit_log (id, organization_id, directory_id, actor_id, action, resource_id, create_time, data)
            values ({entry.Id}, {entry.OrganizationId}, {directoryId}, {actor.Id}, {action}, {resourceId}, {entry.CreateTime.ToDateTimeOffset()},
              {entry.ToByteArray()})
            """);
    }

    /// <summary>What is done from now on, in this flow of control, an operator does by a command.</summary>
    public static void BeginCommand(string command) => AuditCaller.Current = new(
        new() { Type = ActorType.Command, Id = command, Name = Environment.UserName, Address = Environment.MachineName }, "");
}

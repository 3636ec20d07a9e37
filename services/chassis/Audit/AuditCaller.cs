using DirectorySync.Audit.V1;

namespace DirectorySync.Chassis.Audit;

/// <summary>Who is being served in this flow of control.</summary>
internal sealed record AuditCaller(Actor Actor, string RequestId)
{
    private static readonly AsyncLocal<AuditCaller?> Ambient = new();
    private static readonly AuditCaller System = new(new() { Type = ActorType.System }, "");

    public static AuditCaller Current
    {
        get => Ambient.Value ?? System;
        set => Ambient.Value = value;
    }
}

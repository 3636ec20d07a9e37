using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Telling;

/// <summary>A directory of which applications are being told, in one transaction.</summary>
internal sealed class TellingDirectory
{
    public required string Id { get; init; }

    public required Directory Data { get; init; }

    public required Organization? Organization { get; init; }

    public required bool Closed { get; init; }

    /// <summary>The application had users before.</summary>
    public required bool Adopting { get; init; }

    /// <summary>dsync.activated is told.</summary>
    public required bool Activated { get; set; }

    /// <summary>Number of the last event.</summary>
    public required long Sequence { get; set; }

    /// <summary>Traceparents of what is to be told.</summary>
    public required IReadOnlyDictionary<string, string> Traces { get; init; }

    /// <summary>Those of them that went into an event.</summary>
    public HashSet<string> TracesTold { get; } = new(StringComparer.Ordinal);

    /// <summary>There may be more to tell than one transaction takes.</summary>
    public bool HasMore { get; set; }

    /// <summary>The next event.</summary>
    public Event Next(
        string type, DateTimeOffset time, string data, string reason = "", bool carriedOver = false, string userId = "", string groupId = "") => new()
    {
        Id = Guid.CreateVersion7(time).ToString(),
        Type = type,
        DirectoryId = Id,
        OrganizationId = Data.OrganizationId,
        Sequence = ++Sequence,
        DataJson = data,
        Reason = reason,
        CarriedOver = carriedOver,
        CreateTime = time.ToTimestamp(),
        UserId = userId,
        Traceparent = Traces.Count == 0 ? "" : TraceOf(userId, groupId),
    };

    // A membership comes and goes also with its user.
    private string TraceOf(string userId, string groupId)
    {
        string[] resources = userId.Length == 0 ? [groupId] : groupId.Length == 0 ? [userId] : [PendingTraces.Membership(userId, groupId), userId];
        foreach (var resource in resources)
        {
            if (Traces.TryGetValue(resource, out var trace))
            {
                TracesTold.Add(resource);
                return trace;
            }
        }

        return "";
    }
}

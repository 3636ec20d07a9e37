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

    /// <summary>There may be more to tell than one transaction takes.</summary>
    public bool HasMore { get; set; }

    /// <summary>The next event.</summary>
    public Event Next(string type, DateTimeOffset time, string data, string reason = "", bool carriedOver = false, string userId = "") => new()
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
    };
}

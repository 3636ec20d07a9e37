using DirectorySync.Gateway.Portal.Checks;
using DirectorySync.Gateway.Portal.Guides;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Portal;

/// <summary>A directory on its way: what its pages show, as of one moment.</summary>
internal sealed record Setup(Guide Guide, SetupStep Step, Directory Directory, string BaseUrl, DateTimeOffset Now)
{
    /// <summary>Those that open it now.</summary>
    public required IReadOnlyList<ScimToken> Tokens { get; init; }

    /// <summary>A token that was made by this request; null: none was.</summary>
    public string? Secret { get; init; }

    /// <summary>What the base URL lacks; null: nothing.</summary>
    public Check? Address { get; init; }

    public required Check Connection { get; init; }

    public required Check People { get; init; }

    /// <summary>Changes and leaving.</summary>
    public required IReadOnlyList<Check> Later { get; init; }

    public required Check Groups { get; init; }

    public required Check Attributes { get; init; }

    public required IReadOnlyList<AttributeRow> Rows { get; init; }

    public required IReadOnlyList<Check> Tags { get; init; }

    /// <summary>What stands beside a step's name; null: of this one nothing can be seen.</summary>
    public Check? Of(SetupStep step) => step switch
    {
        // An app that asks is there.
        SetupStep.CreateApp => Connection.State == CheckState.Done ? Connection : null,
        SetupStep.Connect => Connection,
        // What is enabled there shows when somebody comes.
        SetupStep.Provisioning or SetupStep.Assign => People,
        SetupStep.Attributes => Attributes,
        SetupStep.Groups => Groups,
        _ => null,
    };

    public bool HasPeople => Directory.UserCounts is { } counts && counts.Active + counts.Inactive > 0;
}

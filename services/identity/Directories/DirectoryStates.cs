using static DirectorySync.Identity.V1.DirectoryState;
using State = DirectorySync.Identity.V1.DirectoryState;

namespace DirectorySync.Identity.Directories;

/// <summary>Which state of a directory may follow which.</summary>
internal static class DirectoryStates
{
    public static State Initial(Activation policy, Activation deployment) =>
        (policy == Activation.Unspecified ? deployment : policy) == Activation.Review ? Preview : Active;

    /// <summary>Null: it may. Else what to do instead.</summary>
    /// <param name="current">The present state.</param>
    /// <param name="wanted">Another one.</param>
    /// <param name="resume">What a disabled directory was before.</param>
    public static string? WhyNot(State current, State wanted, State? resume) => (current, wanted) switch
    {
        (Deleting, _) => "It is being deleted, which cannot be undone. Create another directory.",
        (_, Deleting) => "Delete the directory instead.",
        (Preview, Active) or (Active, Paused) or (Paused, Active) => null,
        (Preview or Active or Paused, Disabled) => null,
        (Disabled, _) when wanted == (resume ?? Active) => null,
        (Disabled, _) => $"Enable it first: before it was disabled it was {Name(resume ?? Active)}.",
        (Preview, Paused) => "Activate it first.",
        (_, Preview) => "Only a new directory is in preview. Pause it instead.",
        _ => "Give one of preview, active, paused, disabled.",
    };

    /// <summary>The states in which SCIM is accepted, as they are stored.</summary>
    public static readonly short[] Accepting = [(short)Preview, (short)Active, (short)Paused];

    /// <summary>True while SCIM is accepted and stored.</summary>
    public static bool AcceptsUsers(State state) => state is Preview or Active or Paused;

    public static string Name(State state) => state.ToString().ToLowerInvariant();
}

using System.Globalization;
using DirectorySync.Gateway.Portal.Guides;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Portal.Checks;

/// <summary>Whether people arrive.</summary>
internal static class PeopleCheck
{
    /// <param name="guide">Whose words are used.</param>
    /// <param name="connection">Of the directory.</param>
    /// <param name="counts">How many there are.</param>
    /// <param name="first">Who came first; null: nobody came.</param>
    /// <param name="traffic">The last requests.</param>
    public static Check Of(Guide guide, DirectoryConnection connection, UserCounts counts, User? first, Traffic traffic)
    {
        if (traffic.LastFailed("Users") is { } failed)
        {
            return new(CheckState.Wrong, $"A person was refused ({failed.Method} answered {failed.Status})", failed.Detail,
                guide.IsOkta ? "Mend it in the person's profile, then retry the task under Dashboard > Tasks." : "Mend it, then have the person sent again.",
                Traffic.TimeOf(failed));
        }

        if (first is not null)
        {
            return new(CheckState.Done, $"First person arrived: {NameOf(first)}", Count(counts), "", first.CreateTime.ToDateTimeOffset());
        }

        return connection.FirstContactTime is null
            ? new(CheckState.Waiting, "Nobody arrived yet", "The connection was not tested yet.", "Go back to the step that connects.")
            : new(CheckState.Waiting, "Nobody arrived yet", "", guide.Kind switch
            {
                AppKind.Entra => "Assign users, then start provisioning: Entra's first cycle begins within minutes.",
                AppKind.Generic => "Assign people to the application in your identity provider.",
                _ => "Assign one person in the Assignments tab. If it was assigned before provisioning was enabled, choose Provision User there.",
            });
    }

    /// <summary>What was seen of people after they had come: changes and leaving.</summary>
    public static IEnumerable<Check> Later(UserCounts counts, Traffic traffic)
    {
        var changed = traffic.LastWritten("Users", "PUT", "PATCH");
        yield return changed is null
            ? new(CheckState.Waiting, "No change of a profile was seen yet", "", "To see one, change a title in a profile.")
            : new(CheckState.Done, "Changes of profiles arrive", "", "", Traffic.TimeOf(changed));
        yield return counts.Inactive == 0
            ? new(CheckState.Waiting, "Nobody has left yet", "", "To see it, take the test person's assignment away: the person then is inactive here.")
            : new(CheckState.Done, "Leaving works", string.Create(CultureInfo.InvariantCulture, $"{counts.Inactive} inactive."));
    }

    public static string NameOf(User user) => user.DisplayName.Length > 0 ? user.DisplayName
        : user.Name is { } name && (name.GivenName + name.FamilyName).Length > 0 ? $"{name.GivenName} {name.FamilyName}".Trim()
        : user.UserName;

    private static string Count(UserCounts counts) => string.Create(
        CultureInfo.InvariantCulture, $"{Number(counts.Active)} active, {counts.Inactive} inactive by now.");

    private static string Number(long count) => count == 1 ? "1 person" : string.Create(CultureInfo.InvariantCulture, $"{count} people");
}

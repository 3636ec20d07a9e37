using System.Globalization;
using DirectorySync.Gateway.Portal.Guides;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Gateway.Portal.Checks;

/// <summary>Whether groups arrive, and who is in them.</summary>
internal static class GroupCheck
{
    /// <param name="guide">Whose words are used.</param>
    /// <param name="hasPeople">Somebody arrived.</param>
    /// <param name="count">How many groups there are.</param>
    /// <param name="first">The first of them; null: there is none.</param>
    /// <param name="unresolved">Members that were sent and are not known here.</param>
    /// <param name="traffic">The last requests.</param>
    public static Check Of(Guide guide, bool hasPeople, long count, Group? first, long unresolved, Traffic traffic)
    {
        if (traffic.LastFailed("Groups") is { } failed)
        {
            return new(CheckState.Wrong, $"A group was refused ({failed.Method} answered {failed.Status})", failed.Detail,
                guide.IsOkta ? "Mend it, then choose Push now for the group in the Push Groups tab." : "Mend it, then have the group sent again.",
                Traffic.TimeOf(failed));
        }

        if (first is null)
        {
            return new(CheckState.Waiting, "No group arrived yet", "", guide.Kind switch
            {
                AppKind.Entra => "Assign a group to the application: it comes with the next cycle.",
                AppKind.Generic => "Have your identity provider send a group.",
                _ => "Push one group in the Push Groups tab.",
            });
        }

        if (unresolved > 0)
        {
            return new(CheckState.Wrong, Number(unresolved) + " of groups did not arrive as people",
                "Groups name them, and they were never sent themselves.",
                (hasPeople ? "Assign them to the app as well" : "Assign the group's people to the app first")
                    + (guide.IsOkta ? ", then choose Push now for the group." : "."),
                null);
        }

        return new(CheckState.Done, $"Group push works: “{first.DisplayName}” arrived",
            count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"{count} groups by now."), "",
            first.CreateTime.ToDateTimeOffset());
    }

    private static string Number(long count) => count == 1 ? "1 member" : string.Create(CultureInfo.InvariantCulture, $"{count} members");
}

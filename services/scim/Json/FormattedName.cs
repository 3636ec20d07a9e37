using DirectorySync.Identity.V1;

namespace DirectorySync.Scim;

/// <summary>
/// name.formatted: computed where the identity provider sends none, and never taken for its own when it echoes what we computed
/// (Okta PUTs the body of its GET with only the changed attributes replaced; okta-wire: "Mona Octocat" beside the new name).
/// </summary>
public static class FormattedName
{
    /// <summary>The name as returned: what the identity provider said, else the parts in the order prefix, given, middle, family, suffix.</summary>
    public static string Of(Name name) => name.Formatted.Length > 0 ? name.Formatted : Compute(name);

    /// <summary>As <see cref="Replacement.Settle(User, User?)"/> does for the name alone.</summary>
    public static void DropEcho(User wanted, User? previous)
    {
        if (DropEcho(wanted.Name, previous?.Name))
        {
            wanted.Name = null;
        }
    }

    /// <summary>
    /// Drops a formatted name that says nothing of its own: it equals what the wanted parts give, or what the previous ones gave
    /// (then it is a stale echo of our own answer). True if nothing is left of the name.
    /// </summary>
    internal static bool DropEcho(Name? name, Name? previous)
    {
        if (name is not { Formatted.Length: > 0 })
        {
            return false;
        }

        if (name.Formatted == Compute(name) || (previous is { Formatted.Length: 0 } && name.Formatted == Compute(previous)))
        {
            name.Formatted = "";
        }

        return name.CalculateSize() == 0;
    }

    private static string Compute(Name name)
    {
        if (name is { HonorificPrefix: "", MiddleName: "", HonorificSuffix: "" })
        {
            return name.GivenName.Length == 0 ? name.FamilyName
                : name.FamilyName.Length == 0 ? name.GivenName
                : $"{name.GivenName} {name.FamilyName}";
        }

        string[] parts = [name.HonorificPrefix, name.GivenName, name.MiddleName, name.FamilyName, name.HonorificSuffix];
        return string.Join(' ', parts.Where(p => p.Length > 0));
    }
}

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

    /// <summary>
    /// Drops a formatted name that says nothing of its own: it equals what the wanted parts give, or what the previous ones gave
    /// (then it is a stale echo of our own answer). Call it with the stored user before a replacement, with null before a creation.
    /// </summary>
    public static void DropEcho(User wanted, User? previous)
    {
        if (wanted.Name is not { Formatted.Length: > 0 } name)
        {
            return;
        }

        if (name.Formatted == Compute(name)
            || (previous?.Name is { Formatted.Length: 0 } before && name.Formatted == Compute(before)))
        {
            name.Formatted = "";
        }

        if (name.CalculateSize() == 0)
        {
            wanted.Name = null;
        }
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

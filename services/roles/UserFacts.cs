using System.Text.Json;
using DirectorySync.AttributeMapping.V1;

namespace DirectorySync.Roles;

/// <summary>What rules look at: a user's profile, and the groups that the user is in.</summary>
/// <param name="profile">The profile.</param>
/// <param name="groupIds">All groups.</param>
/// <param name="carriedOver">Those in which the user is since before a deactivation, and which nobody has named since.</param>
internal sealed class UserFacts(Profile profile, IReadOnlyCollection<string> groupIds, IReadOnlyCollection<string> carriedOver)
{
    /// <summary>A free attribute is named by this and its name: "tags.Shirt Size".</summary>
    public const string TagPrefix = "tags.";

    public bool Active => profile.Active;

    public IReadOnlyCollection<string> GroupIds => groupIds;

    public bool IsCarriedOver(string groupId) => carriedOver.Contains(groupId);

    /// <summary>From what <see cref="MembershipRows.GroupsOfUser"/> answers.</summary>
    public static UserFacts Of(Profile profile, string[] groups) => new(
        profile,
        [.. groups.Select(id => id.TrimStart(MembershipRows.CarriedOver))],
        [.. groups.Where(id => id.StartsWith(MembershipRows.CarriedOver)).Select(id => id.TrimStart(MembershipRows.CarriedOver))]);

    /// <summary>Values of the SCIM roles, as the identity provider sent them.</summary>
    public IReadOnlyCollection<string> ScimRoles => profile.Roles;

    /// <summary>The same of the SCIM entitlements.</summary>
    public IReadOnlyCollection<string> ScimEntitlements => profile.Entitlements;

    /// <summary>An attribute's value as text; a list's elements one by one; nothing of an object.</summary>
    public IEnumerable<string> ValuesOf(string attribute)
    {
        if (attribute.StartsWith(TagPrefix, StringComparison.OrdinalIgnoreCase))
        {
            var name = attribute.AsSpan(TagPrefix.Length).ToString();
            return profile.Tags.Where(tag => Same(tag.Name, name)).SelectMany(tag => Texts(tag.Json));
        }

        return profile.Attributes.FirstOrDefault(a => Same(a.Name, attribute)) is { } found ? Texts(found.Json) : Standard(attribute);
    }

    private IEnumerable<string> Standard(string attribute) => attribute.ToLowerInvariant() switch
    {
        "email" => Given(profile.Email),
        "first_name" => Given(profile.FirstName),
        "last_name" => Given(profile.LastName),
        "idp_id" => Given(profile.IdpId),
        "username" => Given(profile.UserName),
        _ => [],
    };

    private static IEnumerable<string> Given(string text) => text.Length > 0 ? [text] : [];

    private static List<string> Texts(string json)
    {
        using var document = JsonDocument.Parse(json);
        var texts = new List<string>();
        foreach (var value in document.RootElement is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : (JsonElement[])[document.RootElement])
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String:
                    texts.Add(value.GetString()!);
                    break;
                case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                    texts.Add(value.GetRawText());
                    break;
            }
        }

        return texts;
    }

    private static bool Same(string a, string b) => a.Equals(b, StringComparison.OrdinalIgnoreCase);
}

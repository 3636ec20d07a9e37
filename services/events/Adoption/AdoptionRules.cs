using System.Text.Json;

namespace DirectorySync.Events.Adoption;

/// <summary>Decides what a directory makes of a user that the application has.</summary>
internal static class AdoptionRules
{
    private const int LongestText = 4_096;

    /// <summary>The key under which an address is found.</summary>
    public static string KeyOf(string email) => email.Trim().ToLowerInvariant();

    /// <summary>Throws if it cannot be one.</summary>
    public static void Check(AdoptedUser user)
    {
        if (!Inputs.IsId(user.ApplicationId))
        {
            throw Inputs.Invalid("id", Short(user.ApplicationId), "Each user has an id.", "Give 1 to 256 characters.");
        }

        if (KeyOf(user.Email) is not { Length: > 2 and <= 320 } key || !key.Contains('@', StringComparison.Ordinal))
        {
            throw Inputs.Invalid("email", Short(user.Email), $"The user with the id {user.ApplicationId} has no e-mail address.", "Give one.");
        }

        if (user.Attributes.Append(new("role", user.Role)).FirstOrDefault(entry => entry.Value.Length > LongestText || entry.Value.Contains('\0')).Key is { } name)
        {
            throw Inputs.Invalid(name, user.ApplicationId, $"The value has more than {LongestText} characters, or U+0000.", "Shorten it.");
        }
    }

    /// <summary>What would be overwritten. What one of the two does not say is none of it.</summary>
    public static IEnumerable<AdoptionChange> Changes(AdoptedUser before, DirectoryUser after)
    {
        foreach (var (name, value) in before.Attributes.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            if (value.Length > 0 && ValueOf(after, name) is { Length: > 0 } wanted && wanted != value)
            {
                yield return new() { Attribute = name, Before = value, After = wanted };
            }
        }

        if (before.Role.Length > 0 && after.Roles is [var role, ..] && !after.Roles.Contains(before.Role))
        {
            yield return new() { Attribute = "role", Before = before.Role, After = role };
        }
    }

    private static string ValueOf(DirectoryUser user, string name) => name switch
    {
        "first_name" => user.FirstName,
        "last_name" => user.LastName,
        "username" => user.UserName,
        "idp_id" => user.IdpId,
        _ => user.Attributes.FirstOrDefault(attribute => attribute.Name == name) is { } attribute ? Text(attribute.Json)
            : user.Tags.FirstOrDefault(tag => tag.Name == name) is { } tag ? Text(tag.Json) : "",
    };

    private static string Text(string json)
    {
        using var value = JsonDocument.Parse(json);
        return value.RootElement.ValueKind switch
        {
            JsonValueKind.String => value.RootElement.GetString()!,
            JsonValueKind.Null => "",
            _ => json,
        };
    }

    private static string Short(string value) => value.Length > 64 ? value[..64] : value;
}

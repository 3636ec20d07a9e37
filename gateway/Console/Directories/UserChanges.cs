using System.Text.Json;
using DirectorySync.Events.V1;

namespace DirectorySync.Gateway.Console.Directories;

/// <summary>What differs between two states of a user, attribute by attribute.</summary>
internal static class UserChanges
{
    public static IEnumerable<(string Name, string Before, string After)> Of(DirectoryUser before, DirectoryUser after)
    {
        var (old, now) = (Values(before), Values(after));
        return old.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Select(name => (name, old.GetValueOrDefault(name, ""), now.GetValueOrDefault(name, "")))
            .Where(change => change.Item2 != change.Item3);
    }

    private static SortedDictionary<string, string> Values(DirectoryUser user)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["email"] = user.Email, ["first_name"] = user.FirstName, ["last_name"] = user.LastName, ["username"] = user.UserName,
            ["state"] = user.Active ? "active" : "inactive", ["idp_id"] = user.IdpId, ["roles"] = string.Join(", ", user.Roles),
        };
        foreach (var attribute in user.Attributes)
        {
            values[attribute.Name] = Plain(attribute.Json);
        }

        foreach (var tag in user.Tags)
        {
            values[$"tag: {tag.Name}"] = Plain(tag.Json);
        }

        return values;
    }

    private static string Plain(string json)
    {
        using var value = JsonDocument.Parse(json);
        return value.RootElement.ValueKind switch
        {
            JsonValueKind.String => value.RootElement.GetString()!,
            JsonValueKind.Null => "",
            _ => json,
        };
    }
}

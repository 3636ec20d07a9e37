using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Console.Parts;

namespace DirectorySync.Gateway.Console.Mapping;

/// <summary>What differs between two states of a profile, attribute by attribute.</summary>
internal static class ProfileChanges
{
    public static IEnumerable<(string Name, string Before, string After)> Of(Profile before, Profile after)
    {
        var (old, now) = (Values(before), Values(after));
        return old.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Select(name => (name, old.GetValueOrDefault(name, ""), now.GetValueOrDefault(name, "")))
            .Where(change => change.Item2 != change.Item3);
    }

    private static Dictionary<string, string> Values(Profile profile)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["email"] = profile.Email, ["first_name"] = profile.FirstName, ["last_name"] = profile.LastName, ["idp_id"] = profile.IdpId,
        };
        foreach (var attribute in profile.Attributes)
        {
            values[attribute.Name] = JsonText.Plain(attribute.Json);
        }

        foreach (var tag in profile.Tags)
        {
            values[$"tag: {tag.Name}"] = JsonText.Plain(tag.Json);
        }

        foreach (var problem in profile.Problems)
        {
            values[$"problem of {problem.Attribute}"] = problem.Detail;
        }

        return values;
    }
}

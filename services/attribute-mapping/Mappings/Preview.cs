using DirectorySync.AttributeMapping.Engine;
using DirectorySync.AttributeMapping.Profiles;
using DirectorySync.Chassis.Sql;

namespace DirectorySync.AttributeMapping.Mappings;

/// <summary>What rules would change, if they were set: every user is mapped both ways, and nothing is written.</summary>
internal sealed class Preview(Database database)
{
    private const int Examples = 20;

    public async Task<PreviewMappingResponse> OfAsync(string directoryId, MappingPlan now, MappingPlan then, CancellationToken ct)
    {
        var response = new PreviewMappingResponse();
        var attributes = new SortedDictionary<string, long>(StringComparer.Ordinal);
        var users = database.Sql($"""
            select {StoredProfile.Columns} from profiles p where p.directory_id = {directoryId} order by p.user_id
            """).StreamAsync(StoredProfile.Read, ct);
        await foreach (var stored in users)
        {
            response.UserCount++;
            using var document = new UserDocument(stored.User);
            // The stored profile may still be on its way to the current mapping.
            var (before, after) = (now.Map(document), then.Map(document));
            if (MappingPlan.AreSame(before, after))
            {
                continue;
            }

            response.ChangedCount++;
            response.NewProblemCount += after.Problems.Except(before.Problems).Count();
            response.HealedProblemCount += before.Problems.Except(after.Problems).Count();
            foreach (var attribute in Differences(before, after))
            {
                attributes[attribute] = attributes.GetValueOrDefault(attribute) + 1;
            }

            if (response.Examples.Count < Examples)
            {
                response.Examples.Add(new PreviewExample { Before = before, After = after });
            }
        }

        response.Attributes.Add(attributes.Select(a => new AttributeChangeCount { Attribute = a.Key, UserCount = a.Value }));
        return response;
    }

    private static IEnumerable<string> Differences(Profile before, Profile after)
    {
        var (one, other) = (Values(before), Values(after));
        return one.Keys.Union(other.Keys).Where(name => one.GetValueOrDefault(name) != other.GetValueOrDefault(name));
    }

    private static Dictionary<string, string> Values(Profile profile)
    {
        var values = profile.Attributes.ToDictionary(a => a.Name, a => a.Json);
        foreach (var (name, value) in new[]
        {
            ("idp_id", profile.IdpId), ("first_name", profile.FirstName), ("last_name", profile.LastName), ("email", profile.Email),
        })
        {
            if (value.Length > 0)
            {
                values[name] = value;
            }
        }

        return values;
    }
}

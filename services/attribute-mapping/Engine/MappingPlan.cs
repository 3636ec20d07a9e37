using DirectorySync.Identity.V1;
using DirectorySync.Scim;

namespace DirectorySync.AttributeMapping.Engine;

/// <summary>Definitions and rules as one pure function from a user to a profile.</summary>
internal sealed class MappingPlan
{
    private const string TagPrefix = "tag_";

    private readonly CompiledRule[] standard;
    private readonly CompiledRule[] others;

    public MappingPlan(IEnumerable<Definition> definitions, IEnumerable<MappingRule> rules, Provider provider)
    {
        var set = rules.ToDictionary(rule => rule.Attribute, StringComparer.OrdinalIgnoreCase);
        Rules =
        [
            .. definitions.Where(definition => definition.Enabled).Select(definition => set.TryGetValue(definition.Name, out var rule)
                ? new CompiledRule(definition, rule, automatic: false, provider)
                : new CompiledRule(definition, KnownDefinitions.AutomaticRule(definition), automatic: true, provider)),
        ];
        standard = [.. Rules.Where(r => r.Definition is { Origin: DefinitionOrigin.Standard, Name: not KnownDefinitions.State })];
        others =
        [
            .. Rules.Where(r => r.Definition.Origin != DefinitionOrigin.Standard)
                .OrderBy(r => r.Definition.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>One for each definition that is in profiles.</summary>
    public IReadOnlyList<CompiledRule> Rules { get; }

    /// <summary>The tag that an attribute is, or null: free attributes, by the convention of their External name.</summary>
    public static string? TagOf(string urn, string attribute) =>
        attribute.Length > TagPrefix.Length && attribute.StartsWith(TagPrefix, StringComparison.OrdinalIgnoreCase)
            && (urn.Equals(SchemaUrns.User, StringComparison.OrdinalIgnoreCase)
                || urn.Equals(SchemaUrns.CustomUser, StringComparison.OrdinalIgnoreCase))
            ? attribute[TagPrefix.Length..].Replace('_', ' ')
            : null;

    /// <summary>The profile, but for its version and update_time.</summary>
    public Profile Map(UserDocument document)
    {
        var user = document.User;
        var profile = new Profile
        {
            DirectoryId = user.DirectoryId,
            UserId = user.Id,
            UserVersion = user.Version,
            UserName = user.UserName,
            Active = !user.HasActive || user.Active,
            Roles = { user.Roles.Select(r => r.Value).Where(v => v.Length > 0) },
            Entitlements = { user.Entitlements.Select(e => e.Value).Where(v => v.Length > 0) },
        };
        foreach (var rule in standard)
        {
            if (Apply(rule, document, profile) is { } json)
            {
                Set(profile, rule.Definition.Name, JsonText.Read(json));
            }
        }

        foreach (var rule in others)
        {
            if (Apply(rule, document, profile) is { } json)
            {
                profile.Attributes.Add(new ProfileAttribute { Name = rule.Definition.Name, Json = json });
            }
        }

        AddTags(document, profile);
        return profile;
    }

    /// <summary>Whether two profiles say the same, whatever their versions and times.</summary>
    public static bool AreSame(Profile one, Profile other)
    {
        var copy = one.Clone();
        copy.Version = other.Version;
        copy.UpdateTime = other.UpdateTime;
        copy.UserVersion = other.UserVersion;
        return copy.Equals(other);
    }

    private static string? Apply(CompiledRule rule, UserDocument document, Profile profile)
    {
        var (json, problem) = rule.Apply(document);
        if (problem is not null)
        {
            profile.Problems.Add(problem);
        }

        return json;
    }

    private static void Set(Profile profile, string standard, string value)
    {
        switch (standard)
        {
            case "idp_id":
                profile.IdpId = value;
                break;
            case "first_name":
                profile.FirstName = value;
                break;
            case "last_name":
                profile.LastName = value;
                break;
            case "email":
                profile.Email = value;
                break;
            default:
                throw new InvalidOperationException($"{standard} is no standard attribute.");
        }
    }

    private static void AddTags(UserDocument document, Profile profile)
    {
        var tags = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (urn, name, value) in document.Attributes)
        {
            var core = urn.Equals(SchemaUrns.User, StringComparison.OrdinalIgnoreCase);
            if (TagOf(urn, name) is { } tag && !SourcePath.IsEmpty(value) && (core || !tags.ContainsKey(tag)))
            {
                tags[tag] = JsonText.Of(value);
            }
        }

        profile.Tags.Add(tags.Select(tag => new Tag { Name = tag.Key, Json = tag.Value }));
    }
}

using System.Text;
using DirectorySync.AttributeMapping.Engine;
using DirectorySync.Identity.V1;

namespace DirectorySync.AttributeMapping.Tests.Engine;

/// <summary>Users as SCIM bodies, and what mappings make of them.</summary>
internal static class Users
{
    public static User Read(string body)
    {
        var user = UserJson.Read(Encoding.UTF8.GetBytes(body));
        (user.DirectoryId, user.Id, user.Version) = ("dir", "user", 1);
        return user;
    }

    /// <summary>All predefined attributes are enabled; the custom ones are those given.</summary>
    public static Profile Map(string body, IEnumerable<MappingRule>? rules = null, params Definition[] custom)
    {
        using var document = new UserDocument(Read(body));
        return Plan(rules, custom).Map(document);
    }

    public static MappingPlan Plan(IEnumerable<MappingRule>? rules = null, params Definition[] custom) => Plan(Provider.Okta, rules, custom);

    public static MappingPlan Plan(Provider provider, IEnumerable<MappingRule>? rules = null, params Definition[] custom) => new(
        KnownDefinitions.All.Select(d =>
        {
            var enabled = d.Clone();
            enabled.Enabled = true;
            return enabled;
        }).Concat(custom),
        rules ?? [],
        provider);

    public static Definition Custom(string name, DefinitionType type = DefinitionType.String, bool required = false) => new()
    {
        Name = name, Type = type, Required = required, Enabled = true, Origin = DefinitionOrigin.Custom,
    };

    public static MappingRule Rule(string attribute, string path, params Transform[] transforms) =>
        new() { Attribute = attribute, Paths = { path }, Transforms = { transforms } };

    public static string? Json(this Profile profile, string attribute) =>
        profile.Attributes.SingleOrDefault(a => a.Name == attribute)?.Json;
}

using System.Text.Json.Nodes;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>Organizations as the contract shows them.</summary>
internal static class OrganizationJson
{
    private static readonly Dictionary<string, bool> DomainStates = new() { ["verified"] = true, ["pending"] = false };

    public static JsonObject Write(Organization organization) => new()
    {
        ["object"] = "organization",
        ["id"] = organization.Id,
        ["name"] = organization.Name,
        ["domains"] = new JsonArray([.. organization.Domains.Select(domain => new JsonObject
        {
            ["object"] = "organization_domain",
            ["id"] = domain.Id,
            ["organization_id"] = organization.Id,
            ["domain"] = domain.Domain,
            ["state"] = domain.Verified ? "verified" : "pending",
            ["verification_strategy"] = "manual",
            ["created_at"] = RestResponse.Time(domain.CreateTime),
            ["updated_at"] = RestResponse.Time(domain.UpdateTime),
        })]),
        ["metadata"] = new JsonObject(organization.Metadata.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))),
        ["external_id"] = organization.ExternalId.Length > 0 ? organization.ExternalId : null,
        ["created_at"] = RestResponse.Time(organization.CreateTime),
        ["updated_at"] = RestResponse.Time(organization.UpdateTime),
    };

    /// <summary>Sets what the body names, and returns its update mask. Throws 422.</summary>
    public static List<string> Read(RestBody body, Organization organization)
    {
        var mask = new List<string>();
        if (body.Has("name"))
        {
            organization.Name = body.RequiredText("name");
            mask.Add("name");
        }

        if (body.Has("external_id"))
        {
            organization.ExternalId = body.Text("external_id") ?? "";
            mask.Add("external_id");
        }

        if (body.Has("metadata"))
        {
            organization.Metadata.Add(body.Map("metadata")?.ToDictionary() ?? []);
            mask.Add("metadata");
        }

        if (body.Has("domains") || body.Has("domain_data"))
        {
            organization.Domains.Add(ReadDomains(body));
            mask.Add("domains");
        }

        body.Refuse("allow_profiles_outside_organization", "cannot be true: whom a directory accepts is its policy 'email_domains'.");
        body.Refuse("stripe_customer_id", "is not kept here. Keep it in 'metadata'.");
        body.Check();
        return mask;
    }

    private static IEnumerable<OrganizationDomain> ReadDomains(RestBody body)
    {
        var described = (body.Objects("domain_data") ?? [])
            .Select(item => new OrganizationDomain
            {
                Domain = item.RequiredText("domain"), Verified = item.Choice("state", DomainStates) ?? false,
            }).ToList();
        var named = (body.Texts("domains") ?? [])
            .Where(name => !described.Any(domain => domain.Domain.Equals(name, StringComparison.OrdinalIgnoreCase)))
            .Select(name => new OrganizationDomain { Domain = name });
        return [.. described, .. named];
    }
}

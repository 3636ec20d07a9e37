using System.Text.Json;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>Organizations as the contract writes them.</summary>
internal static class OrganizationJson
{
    public static readonly string[] Fields =
        ["name", "domains", "domain_data", "metadata", "external_id", "allow_profiles_outside_organization", "stripe_customer_id"];

    private static readonly (string, bool)[] DomainStates = [("pending", false), ("verified", true)];

    public static void Write(Utf8JsonWriter json, Organization organization)
    {
        json.WriteStartObject();
        json.WriteString("object", "organization");
        json.WriteString("id", organization.Id);
        json.WriteString("name", organization.Name);
        json.WriteText("external_id", organization.ExternalId);
        json.WriteStartArray("domains");
        foreach (var domain in organization.Domains)
        {
            json.WriteStartObject();
            json.WriteString("object", "organization_domain");
            json.WriteString("id", domain.Id);
            json.WriteString("organization_id", organization.Id);
            json.WriteString("domain", domain.Domain);
            json.WriteString("state", domain.Verified ? "verified" : "pending");
            json.WriteString("verification_strategy", "manual");
            json.WriteTime("created_at", domain.CreateTime);
            json.WriteTime("updated_at", domain.UpdateTime);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("metadata");
        foreach (var (key, value) in organization.Metadata)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
        if (organization.StripeCustomerId.Length > 0)
        {
            json.WriteString("stripe_customer_id", organization.StripeCustomerId);
        }

        json.WriteBoolean("allow_profiles_outside_organization", false);
        json.WriteTime("created_at", organization.CreateTime);
        json.WriteTime("updated_at", organization.UpdateTime);
        json.WriteEndObject();
    }

    /// <summary>Reads the fields that are given. Domains without a state are pending.</summary>
    /// <returns>Names of the given fields, as an update's mask.</returns>
    public static IReadOnlyList<string> Read(RestBody body, Organization organization)
    {
        var mask = new List<string>();
        if (body.FindText("name") is { } name)
        {
            organization.Name = name;
            mask.Add("name");
        }

        if (body.Has("external_id"))
        {
            organization.ExternalId = ReadExternalId(body);
            mask.Add("external_id");
        }

        if (body.Has("stripe_customer_id"))
        {
            organization.StripeCustomerId = body.FindText("stripe_customer_id", nullable: true) ?? "";
            mask.Add("stripe_customer_id");
        }

        if (body.Has("metadata"))
        {
            organization.Metadata.Add(body.FindMap("metadata")?.ToDictionary() ?? []);
            mask.Add("metadata");
        }

        if (body.Has("domains") || body.Has("domain_data"))
        {
            organization.Domains.Add(ReadDomains(body));
            mask.Add("domains");
        }

        RefuseOthers(body);
        return mask;
    }

    private static string ReadExternalId(RestBody body)
    {
        var id = body.FindText("external_id", nullable: true) ?? "";
        if (id.Length > 128 || !System.Text.Ascii.IsValid(id))
        {
            body.Refuse("external_id", "invalid_value", "has at most 128 characters, all of them ASCII.");
        }

        return id;
    }

    private static IEnumerable<OrganizationDomain> ReadDomains(RestBody body)
    {
        if (body.Has("domains") && body.Has("domain_data"))
        {
            body.Refuse("domains", "ambiguous", "and domain_data say the same thing. Give one of them.");
        }

        return body.FindTexts("domains")?.Select(domain => new OrganizationDomain { Domain = domain })
            ?? body.FindObjects("domain_data", "domain", "state")?.Select(item => new OrganizationDomain
            {
                Domain = item.RequireText("domain"),
                Verified = item.FindChoice("state", DomainStates) ?? false,
            })
            ?? [];
    }

    // What clients of the contract may send and this installation does not have.
    private static void RefuseOthers(RestBody body)
    {
        if (body.FindFlag("allow_profiles_outside_organization") == true)
        {
            body.Refuse("allow_profiles_outside_organization", "not_supported", "can only be false. Leave it out.");
        }
    }
}

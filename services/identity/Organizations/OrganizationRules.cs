using System.Text.RegularExpressions;
using Google.Protobuf.Collections;

namespace DirectorySync.Identity.Organizations;

/// <summary>What an organization may be.</summary>
internal static partial class OrganizationRules
{
    private const string Fields = "name, domains, external_id, metadata, stripe_customer_id";
    private const int MostDomains = 100;
    private const int MostKeys = 50;
    private const int LongestKey = 40;
    private const int LongestValue = 600;

    public static Organization Create(Organization wanted, string id, DateTimeOffset now)
    {
        var created = new Organization
        {
            Id = id,
            Name = Inputs.RequireText("name", wanted.Name),
            ExternalId = ExternalId(wanted),
            StripeCustomerId = StripeCustomerId(wanted),
            Version = 1,
            CreateTime = now.ToTimestamp(),
            UpdateTime = now.ToTimestamp(),
        };
        created.Domains.Add(Domains([], wanted.Domains, now));
        created.Metadata.Add(Metadata(wanted));
        return created;
    }

    /// <summary>The organization after the update, or null if nothing changes.</summary>
    public static Organization? Update(Organization current, Organization wanted, IReadOnlyCollection<string> mask, DateTimeOffset now)
    {
        var updated = current.Clone();
        foreach (var field in mask.SequenceEqual(["*"]) ? ["name", "domains", "external_id", "metadata", "stripe_customer_id"] : mask)
        {
            switch (field)
            {
                case "name":
                    updated.Name = Inputs.RequireText("name", wanted.Name);
                    break;
                case "external_id":
                    updated.ExternalId = ExternalId(wanted);
                    break;
                case "stripe_customer_id":
                    updated.StripeCustomerId = StripeCustomerId(wanted);
                    break;
                case "domains":
                    updated.Domains.Clear();
                    updated.Domains.Add(Domains(current.Domains, wanted.Domains, now));
                    break;
                case "metadata":
                    updated.Metadata.Clear();
                    updated.Metadata.Add(Metadata(wanted));
                    break;
                default:
                    throw Inputs.UnknownField(field, Fields);
            }
        }

        if (updated.Equals(current))
        {
            return null;
        }

        updated.Version++;
        updated.UpdateTime = now.ToTimestamp();
        return updated;
    }

    private static string ExternalId(Organization wanted) => Inputs.OptionalText("external_id", wanted.ExternalId.Trim());

    private static string StripeCustomerId(Organization wanted) => Inputs.OptionalText("stripe_customer_id", wanted.StripeCustomerId.Trim());

    // A domain that stays keeps its id.
    private static List<OrganizationDomain> Domains(
        RepeatedField<OrganizationDomain> current, RepeatedField<OrganizationDomain> wanted, DateTimeOffset now)
    {
        if (wanted.Count > MostDomains)
        {
            throw Inputs.Invalid("domains", $"{wanted.Count}", "Too many domains.", $"Give at most {MostDomains}.");
        }

        var domains = new List<OrganizationDomain>(wanted.Count);
        foreach (var one in wanted)
        {
            var name = one.Domain.Trim().ToLowerInvariant();
            if (!DomainName().IsMatch(name))
            {
                throw Inputs.Invalid(
                    "domains", Inputs.OptionalText("domains", name), "This is not a domain.", "Give a name such as acme.com, without @.");
            }

            if (domains.Exists(domain => domain.Domain == name))
            {
                throw Inputs.Invalid("domains", name, "The domain is listed twice.", "List it once.");
            }

            var kept = current.FirstOrDefault(domain => domain.Domain == name);
            domains.Add(kept is not null && kept.Verified == one.Verified ? kept.Clone() : new OrganizationDomain
            {
                Id = kept?.Id ?? Guid.CreateVersion7().ToString(),
                Domain = name,
                Verified = one.Verified,
                CreateTime = kept?.CreateTime ?? now.ToTimestamp(),
                UpdateTime = now.ToTimestamp(),
            });
        }

        return domains;
    }

    private static MapField<string, string> Metadata(Organization wanted)
    {
        if (wanted.Metadata.Count > MostKeys)
        {
            throw Inputs.Invalid("metadata", $"{wanted.Metadata.Count}", "Too many keys.", $"Give at most {MostKeys}.");
        }

        foreach (var (key, value) in wanted.Metadata)
        {
            _ = Inputs.RequireText("metadata", key, LongestKey);
            _ = Inputs.OptionalText($"metadata.{key}", value, LongestValue);
        }

        return wanted.Metadata;
    }

    [GeneratedRegex(@"^(?=.{4,253}$)([\p{L}\p{N}]([\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+[\p{L}\p{N}-]{2,63}\z", RegexOptions.ExplicitCapture)]
    private static partial Regex DomainName();
}

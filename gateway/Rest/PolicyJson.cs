using System.Text.Json.Nodes;
using DirectorySync.Gateway.Scim.Endpoints;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>Policies of a directory. What is not set shows the default that holds.</summary>
internal static class PolicyJson
{
    public static JsonObject Write(Directory directory)
    {
        var policies = directory.Policies ?? new();
        return new()
        {
            ["activation"] = DirectoryNames.Activations.Of(policies.Activation),
            ["email_equals_user_name"] = policies.EmailEqualsUserName,
            ["unique_active_email"] = policies.UniqueActiveEmail,
            ["email_domains"] = DirectoryNames.EmailDomainRules.Of(policies.EmailDomains) ?? "warn",
            ["unique_group_names"] = GroupEndpoints.HasUniqueNames(directory),
            ["rate_limit"] = policies.RateLimit > 0 ? policies.RateLimit : 100,
            ["rate_limit_burst"] = policies.RateLimitBurst > 0 ? policies.RateLimitBurst : 500,
            ["token_lifetime_days"] = policies.TokenLifetimeDays,
        };
    }

    /// <summary>Sets what the body names (null: the default), and returns its update mask.</summary>
    public static List<string> Read(RestBody body, DirectoryPolicies policies)
    {
        var mask = new List<string>();
        bool Named(string field)
        {
            if (body.Has(field))
            {
                mask.Add($"policies.{field}");
            }

            return body.Has(field);
        }

        if (Named("activation"))
        {
            policies.Activation = body.Choice("activation", DirectoryNames.Activations) ?? Activation.Unspecified;
        }

        if (Named("email_equals_user_name"))
        {
            policies.EmailEqualsUserName = body.Flag("email_equals_user_name") ?? false;
        }

        if (Named("unique_active_email"))
        {
            policies.UniqueActiveEmail = body.Flag("unique_active_email") ?? false;
        }

        if (Named("email_domains"))
        {
            policies.EmailDomains = body.Choice("email_domains", DirectoryNames.EmailDomainRules) ?? EmailDomains.Unspecified;
        }

        if (Named("unique_group_names") && body.Flag("unique_group_names") is { } isUnique)
        {
            policies.UniqueGroupNames = isUnique;
        }

        if (Named("rate_limit"))
        {
            policies.RateLimit = body.Number("rate_limit") ?? 0;
        }

        if (Named("rate_limit_burst"))
        {
            policies.RateLimitBurst = body.Number("rate_limit_burst") ?? 0;
        }

        if (Named("token_lifetime_days"))
        {
            policies.TokenLifetimeDays = body.Number("token_lifetime_days") ?? 0;
        }

        return mask;
    }
}

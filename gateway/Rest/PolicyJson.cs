using System.Text.Json;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>A directory's policies: written as they are in effect, read as far as they are given.</summary>
internal static class PolicyJson
{
    private const int UsualRate = 100;
    private const int UsualBurst = 500;

    private static readonly string[] Fields =
    [
        .. DirectoryPolicies.Descriptor.Fields.InDeclarationOrder().Select(field => field.Name),
    ];

    private static readonly (string Name, Activation Value)[] Activations =
        [("automatic", Activation.Automatic), ("review", Activation.Review)];

    private static readonly (string Name, EmailDomains Value)[] Domains =
        [("any", EmailDomains.Any), ("warn", EmailDomains.Warn), ("refuse", EmailDomains.Refuse)];

    private static readonly (string Name, InactiveUsers Value)[] Users =
        [("removed", InactiveUsers.Removed), ("retained", InactiveUsers.Retained)];

    private static readonly (string Name, InactiveMemberships Value)[] Memberships =
        [("dropped", InactiveMemberships.Dropped), ("kept", InactiveMemberships.Kept)];

    public static void Write(Utf8JsonWriter json, Directory directory)
    {
        var policies = directory.Policies ?? new();
        json.WriteStartObject();
        json.WriteText("activation", Activations.FirstOrDefault(choice => choice.Value == policies.Activation).Name ?? "");
        json.WriteBoolean("email_equals_user_name", policies.EmailEqualsUserName);
        json.WriteBoolean("unique_active_email", policies.UniqueActiveEmail);
        json.WriteString("email_domains", Domains.FirstOrDefault(choice => choice.Value == policies.EmailDomains).Name ?? "warn");
        json.WriteBoolean("unique_group_names",
            policies.HasUniqueGroupNames ? policies.UniqueGroupNames : directory.Provider != Provider.Entra);
        json.WriteNumber("rate_limit", policies.RateLimit == 0 ? UsualRate : policies.RateLimit);
        json.WriteNumber("rate_limit_burst", policies.RateLimitBurst == 0 ? UsualBurst : policies.RateLimitBurst);
        json.WriteNumber("token_lifetime_days", policies.TokenLifetimeDays);
        json.WriteString("inactive_users", Users.FirstOrDefault(choice => choice.Value == policies.InactiveUsers).Name ?? "removed");
        json.WriteString("inactive_memberships",
            Memberships.FirstOrDefault(choice => choice.Value == policies.InactiveMemberships).Name ?? "dropped");
        json.WriteBoolean("invitations", policies.Invitations);
        json.WriteNumber("erase_inactive_after_days", policies.EraseInactiveAfterDays);
        json.WriteBoolean("raw_attributes", policies.RawAttributes);
        json.WriteEndObject();
    }

    /// <summary>Reads the policies that are given, and puts them into an update's mask.</summary>
    public static void Read(RestBody body, DirectoryPolicies policies, List<string> mask)
    {
        if (body.FindObject("policies", Fields) is not { } given)
        {
            return;
        }

        policies.Activation = given.FindText("activation", nullable: true) is null ? default : given.FindChoice("activation", Activations) ?? default;
        policies.EmailEqualsUserName = given.FindFlag("email_equals_user_name") ?? false;
        policies.UniqueActiveEmail = given.FindFlag("unique_active_email") ?? false;
        policies.EmailDomains = given.FindChoice("email_domains", Domains) ?? default;
        if (given.FindFlag("unique_group_names", nullable: true) is { } unique)
        {
            policies.UniqueGroupNames = unique;
        }

        policies.RateLimit = given.FindNumber("rate_limit") ?? 0;
        policies.RateLimitBurst = given.FindNumber("rate_limit_burst") ?? 0;
        policies.TokenLifetimeDays = given.FindNumber("token_lifetime_days") ?? 0;
        policies.RawAttributes = given.FindFlag("raw_attributes") ?? false;
        policies.InactiveUsers = given.FindChoice("inactive_users", Users) ?? default;
        policies.InactiveMemberships = given.FindChoice("inactive_memberships", Memberships) ?? default;
        policies.EraseInactiveAfterDays = given.FindNumber("erase_inactive_after_days") ?? 0;
        policies.Invitations = given.FindFlag("invitations") ?? false;
        mask.AddRange(Fields.Where(given.Has).Select(field => $"policies.{field}"));
    }
}

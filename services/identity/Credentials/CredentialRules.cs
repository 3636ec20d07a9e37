using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DirectorySync.Identity.Credentials;

/// <summary>What credentials may be, and when they open.</summary>
internal static class CredentialRules
{
    private const string DefaultName = "SCIM token";

    public static ScimToken Token(CreateScimTokenRequest wanted, DirectoryPolicies policies, string id, string suffix, DateTimeOffset now) => new()
    {
        Id = id,
        DirectoryId = wanted.DirectoryId,
        Name = string.IsNullOrWhiteSpace(wanted.Name) ? DefaultName : Inputs.RequireText("name", wanted.Name),
        Suffix = suffix,
        CreateTime = now.ToTimestamp(),
        ExpireTime = Expiry(wanted.ExpireTime, now)
            ?? (policies.TokenLifetimeDays > 0 ? now.AddDays(policies.TokenLifetimeDays).ToTimestamp() : null),
    };

    public static ApiKey Key(CreateApiKeyRequest wanted, string id, string suffix, DateTimeOffset now)
    {
        if (wanted.Scopes.Count == 0 || wanted.Scopes.Any(scope => scope == ApiKeyScope.Unspecified || !System.Enum.IsDefined(scope)))
        {
            throw Inputs.Invalid("scopes", "", "An API key needs at least one known scope.", "Give some of read, write, admin.");
        }

        return new()
        {
            Id = id,
            Name = Inputs.RequireText("name", wanted.Name),
            Scopes = { wanted.Scopes.Distinct().Order() },
            OrganizationId = wanted.OrganizationId,
            Suffix = suffix,
            CreateTime = now.ToTimestamp(),
            ExpireTime = Expiry(wanted.ExpireTime, now),
        };
    }

    /// <summary>True while a credential with these times opens.</summary>
    public static bool Opens(Timestamp? expireTime, Timestamp? revokeTime, DateTimeOffset now) =>
        revokeTime is null && !(expireTime?.ToDateTimeOffset() <= now);

    /// <summary>One error for whatever was wrong: what, is nobody's business who has no credential.</summary>
    public static RpcException Refused() => ErrorReason.InvalidCredentials.ToRpc("The credentials are not valid.");

    private static Timestamp? Expiry(Timestamp? wanted, DateTimeOffset now) => wanted is null || wanted.ToDateTimeOffset() > now
        ? wanted
        : throw Inputs.Invalid("expire_time", $"{wanted.ToDateTimeOffset():O}", "The time has passed.", "Give a time to come, or none.");
}

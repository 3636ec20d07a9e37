using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Scim;
using Grpc.Core;

namespace DirectorySync.Identity.Users;

/// <summary>What a user may be, and what a write makes of one.</summary>
internal static class UserRules
{
    // Searched values are index keys, which PostgreSQL limits to 2,704 bytes.
    private const int LongestKey = 512;
    private const int LargestUser = 1024 * 1024;

    public static User Create(User wanted, string directoryId, string id, DateTimeOffset now)
    {
        var created = wanted.Clone();
        UserText.Check(created);
        Replacement.Settle(created, stored: null);
        created.DirectoryId = directoryId;
        created.Id = id;
        created.Version = 1;
        created.CreateTime = now.ToTimestamp();
        created.UpdateTime = created.CreateTime.Clone();
        created.Active = !wanted.HasActive || wanted.Active;
        Check(created);
        return created;
    }

    /// <summary>
    /// The user after the update, or null if nothing changes: then no row is written and no change is fed.
    /// Whether someone may work does not change unless the update says so.
    /// </summary>
    public static User? Update(User current, User wanted, DateTimeOffset now)
    {
        var updated = wanted.Clone();
        UserText.Check(updated);
        Replacement.Settle(updated, current);
        updated.DirectoryId = current.DirectoryId;
        updated.Id = current.Id;
        updated.Version = current.Version;
        updated.CreateTime = current.CreateTime;
        updated.UpdateTime = current.UpdateTime;
        updated.Active = wanted.HasActive ? wanted.Active : current.Active;
        if (updated.Equals(current))
        {
            return null;
        }

        Check(updated);
        updated.Version++;
        updated.UpdateTime = (now > current.UpdateTime.ToDateTimeOffset() ? now : current.UpdateTime.ToDateTimeOffset()).ToTimestamp();
        return updated;
    }

    public static void RequireVersion(User current, long expected)
    {
        if (expected != 0 && expected != current.Version)
        {
            throw VersionMismatch();
        }
    }

    public static RpcException VersionMismatch()
    {
        const string remedy = "Read the user again and decide anew.";
        return ErrorReason.EtagMismatch.ToRpc($"The user has changed since it was read. {remedy}", ("remedy", remedy));
    }

    private static void Check(User user)
    {
        if (string.IsNullOrWhiteSpace(user.UserName))
        {
            throw Inputs.Invalid("userName", "", "A user needs a user name.", "Send a userName that is not empty.");
        }

        if (user.CalculateSize() > LargestUser)
        {
            throw ErrorReason.LimitExceeded.ToRpc("The user is larger than 1 MiB. Send fewer or shorter attributes.");
        }

        CheckKey("userName", user.UserName);
        CheckKey("externalId", user.ExternalId);
        CheckKey("displayName", user.DisplayName);
        foreach (var email in user.Emails)
        {
            CheckKey("emails.value", email.Value);
        }

        CheckPrimary("emails", user.Emails.Count(one => one.Primary));
        CheckPrimary("phoneNumbers", user.PhoneNumbers.Count(one => one.Primary));
        CheckPrimary("ims", user.Ims.Count(one => one.Primary));
        CheckPrimary("photos", user.Photos.Count(one => one.Primary));
        CheckPrimary("addresses", user.Addresses.Count(one => one.Primary));
        CheckPrimary("entitlements", user.Entitlements.Count(one => one.Primary));
        CheckPrimary("roles", user.Roles.Count(one => one.Primary));
        CheckPrimary("x509Certificates", user.X509Certificates.Count(one => one.Primary));
    }

    private static void CheckKey(string attribute, string value)
    {
        if (value.Length > LongestKey)
        {
            throw Inputs.Invalid(attribute, value[..32], $"The value has {value.Length} characters.", $"Send at most {LongestKey}.");
        }
    }

    private static void CheckPrimary(string attribute, int primaries)
    {
        if (primaries > 1)
        {
            throw Inputs.Invalid(attribute, "", $"{primaries} values are primary.", "Mark at most one as primary.");
        }
    }
}

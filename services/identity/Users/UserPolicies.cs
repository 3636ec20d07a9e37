using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Grpc.Core;

namespace DirectorySync.Identity.Users;

/// <summary>A policy that a user does not keep.</summary>
/// <param name="Reason">The error if the write is refused.</param>
/// <param name="Code">The problem if it is not.</param>
/// <param name="Attribute">The SCIM attribute at fault.</param>
/// <param name="Value">Its value.</param>
/// <param name="Detail">What is wrong, for the administrator who reads it.</param>
/// <param name="Remedy">What to do, in the identity provider's words.</param>
/// <param name="Refuses">False if the policy only warns.</param>
internal sealed record PolicyViolation(
    ErrorReason Reason, string Code, string Attribute, string Value, string Detail, string Remedy, bool Refuses)
{
    public RpcException ToRpc() =>
        Reason.ToRpc($"{Attribute}: {Detail} {Remedy}", ("attribute", Attribute), ("value", Value), ("remedy", Remedy));
}

/// <summary>The policies of a directory that one user alone can break. (Unique addresses need the other users: <see cref="UserStore"/>.)</summary>
internal static class UserPolicies
{
    public static List<PolicyViolation> Violations(User user, DirectoryTerms terms)
    {
        var violations = new List<PolicyViolation>();
        if (terms.Policies.EmailEqualsUserName && EmailNotUserName(user, terms.Directory.Provider) is { } other)
        {
            violations.Add(other);
        }

        if (terms.Domains.Length > 0 && terms.Policies.EmailDomains != EmailDomains.Any
            && ForeignDomain(user, terms) is { } foreign)
        {
            violations.Add(foreign);
        }

        return violations;
    }

    /// <summary>
    /// What refuses the write, or null. The write of an inactive user is never refused: a provider that deactivates by sending the whole
    /// profile must be able to.
    /// </summary>
    public static PolicyViolation? FindRefusal(User user, List<PolicyViolation> violations) =>
        user.Active ? violations.Find(violation => violation.Refuses) : null;

    public static RpcException EmailTaken(string email, Provider provider)
    {
        var remedy = provider == Provider.Okta
            ? "In Okta, correct the e-mail address of one of the two people (Directory > People > Profile), or unassign the one who left, "
                + "then retry the task under Dashboard > Tasks."
            : "Correct the address of one of the two people, or deactivate the one who left, then provision again.";
        return new PolicyViolation(
            ErrorReason.EmailTaken, "", "emails.value", email,
            $"\"{email}\" is the address of another active user of this directory, which allows each address once.", remedy, true).ToRpc();
    }

    private static PolicyViolation? EmailNotUserName(User user, Provider provider)
    {
        var primary = UserEmails.FindPrimary(user);
        if (string.Equals(primary, user.UserName, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var detail = primary is null
            ? $"The user \"{user.UserName}\" has no primary e-mail address, but this directory wants one that equals the userName."
            : $"The primary e-mail address \"{primary}\" does not equal the userName \"{user.UserName}\", as this directory wants.";
        var remedy = provider switch
        {
            Provider.Okta => "In Okta, open the application's Sign On tab and set \"Application username format\" to \"Email\", or map both to "
                + "the same value under Provisioning > To App > Attribute Mappings; then retry the task under Dashboard > Tasks.",
            Provider.Entra => "In Entra ID, open Provisioning > Attribute mapping and map userName and emails[type eq \"work\"].value from the "
                + "same attribute; then restart provisioning.",
            _ => "Send the same value as userName and as primary e-mail address.",
        };
        return new(
            ErrorReason.EmailNotUserName, "EMAIL_NOT_USER_NAME", "emails.value", primary ?? "", detail, remedy, Refuses: true);
    }

    private static PolicyViolation? ForeignDomain(User user, DirectoryTerms terms)
    {
        var foreign = Array.FindAll(UserEmails.Keys(user), key => !terms.Domains.Contains(UserEmails.DomainOf(key)));
        if (foreign.Length == 0)
        {
            return null;
        }

        var addresses = string.Join(", ", foreign.Select(key => $"\"{key}\""));
        var remedy = terms.Directory.Provider == Provider.Okta
            ? "In Okta, correct the address (Directory > People > Profile) and retry the task under Dashboard > Tasks; or have the vendor add "
                + "the domain to your organization."
            : "Correct the address, or have the vendor add the domain to your organization.";
        return new(
            ErrorReason.EmailDomainNotAllowed, "EMAIL_DOMAIN_FOREIGN", "emails.value", foreign[0],
            $"{addresses} is outside the organization's domains ({string.Join(", ", terms.Domains)}).", remedy,
            Refuses: terms.Policies.EmailDomains == EmailDomains.Refuse);
    }
}

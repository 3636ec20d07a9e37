using System.Security.Cryptography;
using System.Text.RegularExpressions;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace DirectorySync.Identity.Directories;

/// <summary>What a directory may be.</summary>
internal static partial class DirectoryRules
{
    private const string Fields = "name, provider, state, endpoint_label, policies, policies.<policy>";
    private const string Policies = "policies.";
    private const int HighestRate = 100_000;
    private const int LongestLife = 3650;

    public static Directory Create(Directory wanted, string id, Activation deployment, DateTimeOffset now)
    {
        var created = new Directory
        {
            Id = id,
            OrganizationId = wanted.OrganizationId,
            Name = Inputs.RequireText("name", wanted.Name),
            Provider = RequireProvider(wanted.Provider),
            EndpointKey = NewKey(),
            EndpointLabel = Label(wanted.EndpointLabel),
            Policies = wanted.Policies?.Clone() ?? new(),
            Version = 1,
            CreateTime = now.ToTimestamp(),
            UpdateTime = now.ToTimestamp(),
        };
        Check(created.Policies);
        created.State = DirectoryStates.Initial(created.Policies.Activation, deployment);
        return created;
    }

    /// <summary>The directory after the update, or null if nothing changes.</summary>
    /// <param name="current">As it is.</param>
    /// <param name="wanted">Holds the values of the mask's fields.</param>
    /// <param name="mask">Names of fields.</param>
    /// <param name="resume">What a disabled directory was before.</param>
    /// <param name="now">The time.</param>
    public static Directory? Update(
        Directory current, Directory wanted, IEnumerable<string> mask, DirectoryState? resume, DateTimeOffset now)
    {
        var updated = current.Clone();
        foreach (var field in mask)
        {
            switch (field)
            {
                case "name":
                    updated.Name = Inputs.RequireText("name", wanted.Name);
                    break;
                case "provider":
                    updated.Provider = RequireProvider(wanted.Provider);
                    break;
                case "endpoint_label":
                    updated.EndpointLabel = Label(wanted.EndpointLabel);
                    break;
                case "policies":
                    updated.Policies = wanted.Policies?.Clone() ?? new();
                    break;
                case "state":
                    updated.State = wanted.State;
                    break;
                case var _ when field.StartsWith(Policies, StringComparison.Ordinal)
                    && DirectoryPolicies.Descriptor.FindFieldByName(field[Policies.Length..]) is { } policy:
                    Copy(policy, wanted.Policies ?? new(), updated.Policies);
                    break;
                default:
                    throw Inputs.UnknownField(field, Fields);
            }
        }

        if (updated.Equals(current))
        {
            return null;
        }

        Check(updated.Policies);
        if (current.State == DirectoryState.Deleting
            || (updated.State != current.State && DirectoryStates.WhyNot(current.State, updated.State, resume) is not null))
        {
            throw CannotFollow(current.State, updated.State, resume);
        }

        updated.Version++;
        updated.UpdateTime = now.ToTimestamp();
        return updated;
    }

    /// <summary>The directory closed for good.</summary>
    public static Directory Close(Directory current, DateTimeOffset now)
    {
        var closed = current.Clone();
        closed.State = DirectoryState.Deleting;
        closed.Version++;
        closed.UpdateTime = now.ToTimestamp();
        return closed;
    }

    // 24 letters and digits are 124 random bits. Lower case, because endpoints compare without case; no underscore, which Okta refuses.
    private static string NewKey() => RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz0123456789", 24);

    private static RpcException CannotFollow(DirectoryState current, DirectoryState wanted, DirectoryState? resume)
    {
        var remedy = DirectoryStates.WhyNot(current, wanted, resume)!;
        return ErrorReason.DirectoryState.ToRpc(
            $"state: a directory that is {DirectoryStates.Name(current)} cannot become {DirectoryStates.Name(wanted)}. {remedy}",
            ("attribute", "state"), ("value", DirectoryStates.Name(wanted)), ("remedy", remedy));
    }

    private static Provider RequireProvider(Provider provider) => provider is Provider.Okta or Provider.Entra or Provider.Generic
        ? provider
        : throw Inputs.Invalid("provider", $"{provider}", "This is not a known provider.", "Give okta, entra or generic.");

    private static string Label(string label)
    {
        var lower = label.Trim().ToLowerInvariant();
        return lower.Length == 0 || LabelText().IsMatch(lower) ? lower : throw Inputs.Invalid(
            "endpoint_label", Inputs.OptionalText("endpoint_label", label), "This cannot be a part of the SCIM base URL.",
            "Give 3 to 64 letters, digits and hyphens; Okta refuses underscores.");
    }

    private static void Check(DirectoryPolicies policies)
    {
        Between("policies.rate_limit", policies.RateLimit, HighestRate);
        Between("policies.rate_limit_burst", policies.RateLimitBurst, HighestRate);
        Between("policies.token_lifetime_days", policies.TokenLifetimeDays, LongestLife);
        Between("policies.erase_inactive_after_days", policies.EraseInactiveAfterDays, LongestLife);
        if (!Enum.IsDefined(policies.Activation))
        {
            throw Inputs.Invalid("policies.activation", $"{policies.Activation}", "Unknown.", "Give automatic or review.");
        }

        if (!Enum.IsDefined(policies.EmailDomains))
        {
            throw Inputs.Invalid("policies.email_domains", $"{policies.EmailDomains}", "Unknown.", "Give any, warn or refuse.");
        }

        if (!Enum.IsDefined(policies.InactiveUsers))
        {
            throw Inputs.Invalid("policies.inactive_users", $"{policies.InactiveUsers}", "Unknown.", "Give removed or retained.");
        }

        if (!Enum.IsDefined(policies.InactiveMemberships))
        {
            throw Inputs.Invalid("policies.inactive_memberships", $"{policies.InactiveMemberships}", "Unknown.", "Give dropped or kept.");
        }
    }

    private static void Between(string attribute, int value, int highest)
    {
        if (value < 0 || value > highest)
        {
            throw Inputs.Invalid(attribute, $"{value}", "The value is out of range.", $"Give 0 to {highest}.");
        }
    }

    // Presence is copied too: an unset optional policy is the default, not false.
    private static void Copy(FieldDescriptor field, IMessage source, IMessage target)
    {
        if (field.HasPresence && !field.Accessor.HasValue(source))
        {
            field.Accessor.Clear(target);
        }
        else
        {
            field.Accessor.SetValue(target, field.Accessor.GetValue(source));
        }
    }

    [GeneratedRegex(@"^[a-z0-9-]{3,64}\z")]
    private static partial Regex LabelText();
}

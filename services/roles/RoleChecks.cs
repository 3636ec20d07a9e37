using System.Text.RegularExpressions;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Roles;

/// <summary>What a role may be, and what it becomes.</summary>
internal static partial class RoleChecks
{
    private const int LongestDescription = 1000;

    private static readonly string[] Fields = ["name", "description", "priority", "protected", "assignable", "entitlement"];

    public static Role Create(Role wanted, DateTimeOffset now)
    {
        if (!Slug().IsMatch(wanted.Slug))
        {
            throw Inputs.Invalid(
                "slug", wanted.Slug.Length > 64 ? wanted.Slug[..64] : wanted.Slug.Replace("\0", "", StringComparison.Ordinal), "It is not a slug.",
                "Give 1 to 64 lower-case letters, digits, \"-\", \"_\", \".\" or \":\", the first of them a letter or digit.");
        }

        var created = Checked(wanted.Clone());
        created.Assignable = wanted.HasAssignable ? wanted.Assignable : !wanted.Protected;
        created.Name = created.Name.Length > 0 ? created.Name : created.Slug;
        created.Version = 1;
        created.CreateTime = created.UpdateTime = now.ToTimestamp();
        return created;
    }

    /// <summary>The role after the update, or null if nothing changes.</summary>
    public static Role? Update(Role current, Role wanted, FieldMask? mask, DateTimeOffset now)
    {
        var updated = current.Clone();
        foreach (var field in mask?.Paths ?? [])
        {
            switch (field)
            {
                case "name":
                    updated.Name = Inputs.RequireText("name", wanted.Name, 256);
                    break;
                case "description":
                    updated.Description = wanted.Description;
                    break;
                case "priority":
                    updated.Priority = wanted.Priority;
                    break;
                case "protected":
                    updated.Protected = wanted.Protected;
                    break;
                case "assignable":
                    updated.Assignable = wanted.Assignable;
                    break;
                case "entitlement":
                    updated.Entitlement = wanted.Entitlement;
                    break;
                default:
                    throw Inputs.Invalid(
                        "update_mask", field, "There is no such field to change.", $"Name some of: {string.Join(", ", Fields)}.");
            }
        }

        if (Checked(updated).Equals(current))
        {
            return null;
        }

        updated.Version++;
        updated.UpdateTime = now.ToTimestamp();
        return updated;
    }

    /// <summary>True if the difference may change who has which role.</summary>
    public static bool MattersToUsers(Role before, Role after) =>
        before.Priority != after.Priority || before.Protected != after.Protected || before.Assignable != after.Assignable
        || before.Entitlement != after.Entitlement;

    private static Role Checked(Role role)
    {
        Inputs.OptionalText("name", role.Name, 256);
        Inputs.OptionalText("description", role.Description, LongestDescription);
        return role;
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._:\-]{0,63}\z")]
    private static partial Regex Slug();
}

using DirectorySync.Chassis.Paging;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>Where in a list across resource types a cursor stands: among the users or among the groups, at a token of theirs.</summary>
internal readonly record struct RootCursor(bool IsAtGroups, string Token)
{
    private const string Method = "scim";

    /// <summary>Before the first group.</summary>
    public static string Groups { get; } = PageToken.Issue(Method, "groups", "");

    /// <summary>Empty where nothing follows.</summary>
    public static string AtUsers(string token) => token.Length == 0 ? "" : PageToken.Issue(Method, "users", token);

    /// <summary>Empty where nothing follows.</summary>
    public static string AtGroups(string token) => token.Length == 0 ? "" : PageToken.Issue(Method, "groups", token);

    /// <summary>An empty cursor stands before the first user. INVALID_ARGUMENT / INVALID_PAGE_TOKEN for what is none.</summary>
    public static RootCursor Read(string cursor)
    {
        if (cursor.Length == 0)
        {
            return new(false, "");
        }

        var values = PageToken.Read(Method, cursor, 2);
        return new(values[0] == "groups", values[1]);
    }
}

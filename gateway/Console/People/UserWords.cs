using System.Text;
using System.Text.Json;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;

namespace DirectorySync.Gateway.Console.People;

/// <summary>Users and groups in words, and how they are searched.</summary>
internal static class UserWords
{
    public static Sort ByName { get; } = new() { Path = AttributePaths.ParseSortBy("userName", ResourceType.User) };

    public static Sort ByDisplayName { get; } = new() { Path = AttributePaths.ParseSortBy("displayName", ResourceType.Group) };

    /// <summary>By the beginning of a name, or by a whole e-mail address: what indexes find. Null: all.</summary>
    public static Filter? FindFilter(string search) => search.Length == 0 ? null : FilterParser.Parse(
        search.Contains('@', StringComparison.Ordinal)
            ? $"userName sw {Quoted(search)} or emails.value eq {Quoted(search)}"
            : $"userName sw {Quoted(search)} or displayName sw {Quoted(search)}",
        ResourceType.User);

    public static Filter? FindGroupFilter(string search) =>
        search.Length == 0 ? null : FilterParser.Parse($"displayName sw {Quoted(search)}", ResourceType.Group);

    public static string Name(User user) => user.DisplayName.Length > 0 ? user.DisplayName
        : user.Name?.Formatted is { Length: > 0 } whole ? whole
        : $"{user.Name?.GivenName} {user.Name?.FamilyName}".Trim();

    public static string Email(User user) => (user.Emails.FirstOrDefault(email => email.Primary) ?? user.Emails.FirstOrDefault())?.Value ?? "";

    public static (string Word, string Look) State(User user) => user is { HasActive: true, Active: false } ? ("inactive", "") : ("active", "ok");

    /// <summary>All that the identity provider sent, as SCIM writes it.</summary>
    public static string Json(User user, string baseUrl)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            UserJson.Write(json, user, baseUrl);
        }

        return Parts.JsonText.Indent(Encoding.UTF8.GetString(text.ToArray()));
    }

    private static string Quoted(string text) => JsonSerializer.Serialize(text);
}

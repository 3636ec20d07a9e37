using Google.Protobuf.Collections;

namespace DirectorySync.Identity.Users;

/// <summary>What a user's e-mail addresses say.</summary>
internal static class UserEmails
{
    /// <summary>The primary one: marked so, else of type work, else of type home. Null: none is.</summary>
    public static string? FindPrimary(User user) =>
        Find(user.Emails, email => email.Primary) ?? Find(user.Emails, email => Is(email, "work")) ?? Find(user.Emails, email => Is(email, "home"));

    /// <summary>All of them as they are compared: in lower case, each once.</summary>
    public static string[] Keys(User user) =>
        [.. user.Emails.Where(email => email.Value.Length > 0).Select(email => email.Value.ToLowerInvariant()).Distinct()];

    /// <summary>What is behind the @ of a key; empty if there is none.</summary>
    public static string DomainOf(string key) => key[(key.LastIndexOf('@') + 1)..] is var domain && domain.Length < key.Length ? domain : "";

    private static string? Find(RepeatedField<MultiValue> emails, Func<MultiValue, bool> wanted) =>
        emails.FirstOrDefault(email => email.Value.Length > 0 && wanted(email))?.Value;

    private static bool Is(MultiValue email, string type) => email.Type.Equals(type, StringComparison.OrdinalIgnoreCase);
}

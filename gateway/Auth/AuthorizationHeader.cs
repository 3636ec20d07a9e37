using Microsoft.Extensions.Primitives;

namespace DirectorySync.Gateway.Auth;

/// <summary>Reads a token from the Authorization header in the forms that identity providers send.</summary>
internal static class AuthorizationHeader
{
    private const string Bearer = "Bearer";

    /// <summary>
    /// "Bearer {token}" in any case, or the token alone, as Okta's "Header Auth" apps send it. A value with white space counts only
    /// behind Bearer, so that "Basic …" is no token. Null: there is none.
    /// </summary>
    public static string? FindToken(StringValues header)
    {
        if (header is not [{ } value])
        {
            return null;
        }

        value = value.Trim();
        // Some apps put a fixed "Bearer" before what the administrator pastes, who may have pasted it as well.
        var behindBearer = false;
        while (value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            && (value.Length == Bearer.Length || char.IsWhiteSpace(value[Bearer.Length])))
        {
            behindBearer = true;
            value = value[Bearer.Length..].TrimStart();
        }

        return value.Length > 0 && (behindBearer || !value.Any(char.IsWhiteSpace)) ? value : null;
    }
}

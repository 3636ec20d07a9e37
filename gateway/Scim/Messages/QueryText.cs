using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>Reads a query parameter as identity providers encode it.</summary>
internal static class QueryText
{
    /// <summary>The text of a parameter that is given once; null if it is not there. Throws invalidValue if it is there again.</summary>
    public static string? Find(HttpRequest request, string name) => All(request, name) switch
    {
        [] => null,
        [var text] => text,
        var texts => throw ScimException.InvalidValue(name, $"The parameter '{name}' is given {texts.Count} times. Send it once."),
    };

    /// <summary>The text of a parameter that is a list: given repeatedly, it is one list (attributes=a&amp;attributes=b).</summary>
    public static string? FindList(HttpRequest request, string name) =>
        All(request, name) is { Count: > 0 } texts ? string.Join(',', texts) : null;

    private static List<string> All(HttpRequest request, string name)
    {
        var found = new List<string>();
        var query = request.QueryString.Value;
        if (string.IsNullOrEmpty(query))
        {
            return found;
        }

        foreach (var part in query[1..].Split('&'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? part : part[..equals];
            if (Uri.UnescapeDataString(key).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                found.Add(Decode(equals < 0 ? "" : part[(equals + 1)..]));
            }
        }

        return found;
    }

    /// <summary>
    /// "+" is a space, as old Okta clients write it, unless the same value writes its spaces as %20: then "+" is a plus sign, as in
    /// "jane+test@example.com".
    /// </summary>
    private static string Decode(string value) => Uri.UnescapeDataString(
        value.Contains("%20", StringComparison.Ordinal) ? value : value.Replace('+', ' '));
}

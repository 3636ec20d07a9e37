namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>Reads one query parameter as identity providers encode it.</summary>
internal static class QueryText
{
    /// <summary>
    /// The parameter's text; null if it is not there. "+" is a space, as old Okta clients write it, unless the same value writes its spaces
    /// as %20: then "+" is a plus sign, as in "jane+test@example.com".
    /// </summary>
    public static string? Find(HttpRequest request, string name)
    {
        var query = request.QueryString.Value;
        if (string.IsNullOrEmpty(query))
        {
            return null;
        }

        foreach (var part in query[1..].Split('&'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? part : part[..equals];
            if (Uri.UnescapeDataString(key).Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return Decode(equals < 0 ? "" : part[(equals + 1)..]);
            }
        }

        return null;
    }

    private static string Decode(string value) => Uri.UnescapeDataString(
        value.Contains("%20", StringComparison.Ordinal) ? value : value.Replace('+', ' '));
}

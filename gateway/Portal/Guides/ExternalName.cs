using System.Text.RegularExpressions;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Portal.Guides;

/// <summary>A mapping's path as administrators of identity providers enter it: an External name below an External namespace.</summary>
internal sealed partial record ExternalName(string Name, string Namespace)
{
    /// <param name="path">For example `urn:…:User:department`, `title`, or `emails[type eq "work"].value`.</param>
    public static ExternalName Of(string path)
    {
        // A colon within a filter is part of a value.
        var bracket = path.IndexOf('[', StringComparison.Ordinal);
        var colon = (bracket < 0 ? path : path[..bracket]).LastIndexOf(':');
        return colon < 0 ? new(InOkta(path), SchemaUrns.User) : new(InOkta(path[(colon + 1)..]), path[..colon]);
    }

    /// <summary>As Entra names a target attribute.</summary>
    public string Target => Namespace == SchemaUrns.User ? Name : $"{Namespace}:{Name}";

    // Okta writes `emails.^[type==work].value`.
    private static string InOkta(string path) => Filter().Replace(path, match => $".^[{match.Groups[1].Value}=={match.Groups[2].Value.Trim('"')}]");

    [GeneratedRegex("""\[(\w+) eq ("[^"]*"|\w+)\]""", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Filter();
}

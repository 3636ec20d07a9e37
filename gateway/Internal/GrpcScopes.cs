using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Internal;

/// <summary>Which scope a gRPC method needs.</summary>
internal static class GrpcScopes
{
    private static readonly string[] Reading = ["Get", "List", "BatchGet", "Read", "Check", "Count", "Watch", "Await"];

    // Whoever could ask these could test tokens and keys without being slowed.
    private static readonly string[] Hidden = ["ResolveToken", "ResolveApiKey"];

    // As in the REST API: what cannot be undone.
    private static readonly string[] Final = ["DeleteDirectory"];

    /// <param name="path">"/directorysync.identity.v1.UserService/GetUser".</param>
    /// <returns>Null: the method is not served here.</returns>
    public static ApiKeyScope? Find(string path)
    {
        var slash = path.LastIndexOf('/');
        var service = path[(path.LastIndexOf('.', slash) + 1)..slash];
        var method = path[(slash + 1)..];
        return Hidden.Contains(method, StringComparer.OrdinalIgnoreCase) ? null
            : service.Equals("CredentialService", StringComparison.OrdinalIgnoreCase) || Final.Contains(method) ? ApiKeyScope.Admin
            : Reading.Any(verb => method.StartsWith(verb, StringComparison.Ordinal)) ? ApiKeyScope.Read
            : ApiKeyScope.Write;
    }
}

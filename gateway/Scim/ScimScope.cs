using DirectorySync.Gateway.Scim.Schemas;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Scim;

/// <summary>What an authenticated SCIM request works on.</summary>
/// <param name="Directory">The directory that the token opens.</param>
/// <param name="BaseUrl">The SCIM base URL as the client should write it, without a slash at its end.</param>
/// <param name="Schemas">What the directory's resources can have.</param>
internal sealed record ScimScope(Directory Directory, string BaseUrl, DirectorySchemas Schemas)
{
    public string DirectoryId => Directory.Id;

    /// <summary>Set by the authentication for every request that reaches an endpoint.</summary>
    public static ScimScope Of(HttpContext http) =>
        http.Features.Get<ScimScope>() ?? throw new InvalidOperationException("The request is not authenticated.");
}

using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>Who calls: an API key, and the organization it may be limited to.</summary>
internal sealed record Caller(ApiKey Key)
{
    /// <summary>Empty: all organizations.</summary>
    public string OrganizationId => Key.OrganizationId;

    public bool MaySee(string organizationId) => OrganizationId.Length == 0 || OrganizationId == organizationId;

    /// <summary>For what belongs to no single organization.</summary>
    public void RequireAllOrganizations()
    {
        if (OrganizationId.Length > 0)
        {
            throw new RestFailure(403, "forbidden", "This API key is limited to one organization. Use a key without that limit.");
        }
    }

    /// <summary>Set for every request that reaches an endpoint with a scope.</summary>
    public static Caller Of(HttpContext http) =>
        http.Features.Get<Caller>() ?? throw new InvalidOperationException("The route requires no scope.");
}

using System.Text.Json;
using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Roles.V1;
using DirectorySync.Scim;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Scim.Endpoints;

/// <summary>/Roles or /Entitlements: what Okta's entitlement discovery lists. They are read as users and groups are, and never written.</summary>
internal sealed class OfferedEndpoints(ResourceType type, OfferedRoles roles, IOptions<GatewayOptions> options)
{
    public Task ListAsync(HttpContext http) =>
        AnswerAsync(http, ListQuery.Read(http.Request, type, options.Value.FilterLengthLimit));

    public async Task SearchAsync(HttpContext http) =>
        await AnswerAsync(http, await SearchRequest.ReadAsync(http, type, options.Value));

    public async Task GetAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, type);
        var found = await roles.GetAsync(http, type, id);
        var baseUrl = ScimScope.Of(http).BaseUrl;
        ScimResponse.Identify(http, RoleJson.Location(baseUrl, found, type), found.Version);
        if (Preconditions.IsNotModified(http.Request, found.Version))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await ScimResponse.WriteAsync(http, StatusCodes.Status200OK, writer => Write(writer, found, baseUrl, wanted));
    }

    public Task RefuseAsync(HttpContext http)
    {
        http.Response.Headers.Allow = "GET, HEAD";
        throw new ScimFailure(405, null,
            $"{type.Endpoint} can be read only: the application defines what there is. Assign one through \"{type.Endpoint[1..].ToLowerInvariant()}\" "
            + "of the user.");
    }

    private async Task AnswerAsync(HttpContext http, ListQuery query)
    {
        var page = await roles.ReadAsync(http, type, query);
        var baseUrl = ScimScope.Of(http).BaseUrl;
        await using var writer = ScimResponse.Start(http, StatusCodes.Status200OK);
        ListResponse.WriteStart(writer, query, page.TotalSize, page.Roles.Count, page.NextPageToken);
        foreach (var role in page.Roles)
        {
            Write(writer, role, baseUrl, query.Wanted);
            await ScimResponse.FlushIfLargeAsync(http, writer);
        }

        ListResponse.WriteEnd(writer);
    }

    private void Write(Utf8JsonWriter writer, Role role, string baseUrl, Wanted wanted) =>
        RoleJson.Write(writer, role, baseUrl, type, wanted.Projection);
}

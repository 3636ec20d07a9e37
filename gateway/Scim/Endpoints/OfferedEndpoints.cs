using System.Text.Json;
using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Roles.V1;
using DirectorySync.Scim;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Scim.Endpoints;

/// <summary>/Roles and /Entitlements: what Okta's entitlement discovery lists. They are few, and only read.</summary>
internal sealed class OfferedEndpoints(OfferedRoles roles, IOptions<GatewayOptions> options)
{
    public Task ListRolesAsync(HttpContext http) => ListAsync(http, OfferedType.Role);

    public Task GetRoleAsync(HttpContext http, string id) => GetAsync(http, OfferedType.Role, id);

    public Task ListEntitlementsAsync(HttpContext http) => ListAsync(http, OfferedType.Entitlement);

    public Task GetEntitlementAsync(HttpContext http, string id) => GetAsync(http, OfferedType.Entitlement, id);

    private async Task ListAsync(HttpContext http, OfferedType type)
    {
        if (QueryText.Find(http.Request, "filter") is not null)
        {
            throw ScimException.InvalidFilter($"{type.Endpoint} cannot be filtered. Read it without a filter.");
        }

        if (QueryText.Find(http.Request, "cursor") is not null)
        {
            throw ScimException.InvalidValue("cursor", $"{type.Endpoint} is paged by 'startIndex'.");
        }

        var query = ListQuery.Read(http.Request, ScimScope.Of(http).Schemas.Group, options.Value.FilterLengthLimit);
        var all = await roles.ListAsync(http, type);
        var page = all.Skip((int)Math.Min(query.StartIndex - 1, all.Count)).Take(query.Count).ToList();
        await ScimResponse.WriteAsync(http, StatusCodes.Status200OK, writer =>
        {
            ListResponse.WriteStart(writer, query, all.Count, page.Count, next: "");
            foreach (var role in page)
            {
                Write(writer, type, role, ScimScope.Of(http).BaseUrl);
            }

            ListResponse.WriteEnd(writer);
        });
    }

    private async Task GetAsync(HttpContext http, OfferedType type, string id)
    {
        var found = (await roles.ListAsync(http, type)).FirstOrDefault(role => role.Slug == id)
            ?? throw new ScimFailure(404, null, $"There is no {type.Name} with the id '{id}'.");
        await ScimResponse.WriteAsync(
            http, StatusCodes.Status200OK, writer => Write(writer, type, found, ScimScope.Of(http).BaseUrl));
    }

    private static void Write(Utf8JsonWriter writer, OfferedType type, Role role, string baseUrl)
    {
        writer.WriteStartObject();
        SchemaJson.WriteSchemas(writer, type.Schema.Urn);
        writer.WriteString("id", role.Slug);
        writer.WriteString("displayName", role.Name);
        if (type == OfferedType.Entitlement)
        {
            writer.WriteString("type", type.Name);
        }

        if (role.Description.Length > 0)
        {
            writer.WriteString("description", role.Description);
        }

        SchemaJson.WriteMeta(writer, type.Name, $"{baseUrl}{type.Endpoint}/{Uri.EscapeDataString(role.Slug)}");
        writer.WriteEndObject();
    }
}

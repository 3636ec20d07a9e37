using System.Text.Json;
using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Endpoints;

/// <summary>What clients may ask before they send anything (RFC 7644 §4).</summary>
internal sealed class DiscoveryEndpoints(OfferedRoles offered)
{
    public static Task ServiceProviderConfigAsync(HttpContext http)
    {
        RefuseFilter(http);
        return ScimResponse.WriteAsync(
            http, StatusCodes.Status200OK, writer => ServiceProviderConfig.Write(writer, ScimScope.Of(http).BaseUrl));
    }

    public async Task ListResourceTypesAsync(HttpContext http)
    {
        var scope = ScimScope.Of(http);
        await ListAsync(http, await TypesAsync(http), (writer, type) => SchemaJson.Write(writer, type, scope.BaseUrl));
    }

    public async Task GetResourceTypeAsync(HttpContext http, string id)
    {
        var types = await TypesAsync(http);
        await GetAsync(
            http,
            types.FirstOrDefault(type => type.Name.Equals(id, StringComparison.OrdinalIgnoreCase)),
            (writer, type) => SchemaJson.Write(writer, type, ScimScope.Of(http).BaseUrl));
    }

    public async Task ListSchemasAsync(HttpContext http) => await ListAsync(
        http, await SchemasAsync(http), (writer, schema) => SchemaJson.Write(writer, schema, ScimScope.Of(http).BaseUrl));

    public async Task GetSchemaAsync(HttpContext http, string id)
    {
        var schemas = await SchemasAsync(http);
        await GetAsync(
            http,
            schemas.FirstOrDefault(schema => schema.Urn.Equals(id, StringComparison.OrdinalIgnoreCase)),
            (writer, schema) => SchemaJson.Write(writer, schema, ScimScope.Of(http).BaseUrl));
    }

    public static Task MeAsync(HttpContext http) => ScimResponse.WriteErrorAsync(http, new ScimError(501, null,
        "A token belongs to a directory, not to a person: there is no /Me. Use /Users."));

    // What is offered to assign has types and schemas once there is any of it.
    private async Task<List<ResourceType>> TypesAsync(HttpContext http) =>
        [.. ScimScope.Of(http).Schemas.Types, .. await offered.ListTypesAsync(http)];

    private async Task<List<Schema>> SchemasAsync(HttpContext http) =>
        [.. ScimScope.Of(http).Schemas.All, .. (await offered.ListTypesAsync(http)).Select(type => type.Core), .. DiscoverySchemas.All];

    private static Task GetAsync<T>(HttpContext http, T? found, Action<Utf8JsonWriter, T> write)
        where T : class
    {
        RefuseFilter(http);
        return found is null
            ? throw new ScimFailure(404, null, "This service has no schema or resource type of that name.")
            : ScimResponse.WriteAsync(http, StatusCodes.Status200OK, writer => write(writer, found));
    }

    private static Task ListAsync<T>(HttpContext http, IReadOnlyCollection<T> all, Action<Utf8JsonWriter, T> write)
    {
        RefuseFilter(http);
        return ScimResponse.WriteAsync(http, StatusCodes.Status200OK, writer =>
        {
            ListResponse.WriteStart(writer, new ListQuery(), all.Count, all.Count, next: "");
            foreach (var item in all)
            {
                write(writer, item);
            }

            ListResponse.WriteEnd(writer);
        });
    }

    // RFC 7644 §4: so that nobody takes a part for the whole.
    private static void RefuseFilter(HttpContext http)
    {
        if (QueryText.Find(http.Request, "filter") is not null)
        {
            throw new ScimFailure(403, null, "What this service can do cannot be filtered. Read it without a filter.");
        }
    }
}

using System.Text.Json;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Gateway.Scim.Schemas;

namespace DirectorySync.Gateway.Scim.Endpoints;

/// <summary>What clients may ask before they send anything (RFC 7644 §4).</summary>
internal static class DiscoveryEndpoints
{
    public static Task ServiceProviderConfigAsync(HttpContext http) => ScimResponse.WriteAsync(
        http, StatusCodes.Status200OK, writer => ServiceProviderConfig.Write(writer, ScimScope.Of(http).BaseUrl));

    public static Task ListResourceTypesAsync(HttpContext http) =>
        ListAsync(http, ScimScope.Of(http).Schemas.Types, (writer, type) => SchemaJson.Write(writer, type, ScimScope.Of(http).BaseUrl));

    public static Task GetResourceTypeAsync(HttpContext http, string id) => GetAsync(
        http,
        ScimScope.Of(http).Schemas.Types.FirstOrDefault(type => type.Name.Equals(id, StringComparison.OrdinalIgnoreCase)),
        (writer, type) => SchemaJson.Write(writer, type, ScimScope.Of(http).BaseUrl));

    public static Task ListSchemasAsync(HttpContext http) =>
        ListAsync(http, ScimScope.Of(http).Schemas.All, (writer, schema) => SchemaJson.Write(writer, schema, ScimScope.Of(http).BaseUrl));

    public static Task GetSchemaAsync(HttpContext http, string id) => GetAsync(
        http,
        ScimScope.Of(http).Schemas.All.FirstOrDefault(schema => schema.Urn.Equals(id, StringComparison.OrdinalIgnoreCase)),
        (writer, schema) => SchemaJson.Write(writer, schema, ScimScope.Of(http).BaseUrl));

    public static Task MeAsync(HttpContext http) => ScimResponse.WriteErrorAsync(http, new ScimError(501, null,
        "A token belongs to a directory, not to a person: there is no /Me. Use /Users."));

    private static Task GetAsync<T>(HttpContext http, T? found, Action<Utf8JsonWriter, T> write)
        where T : class => found is null
            ? throw new ScimFailure(404, null, "This service has no schema or resource type of that name.")
            : ScimResponse.WriteAsync(http, StatusCodes.Status200OK, writer => write(writer, found));

    private static Task ListAsync<T>(HttpContext http, IReadOnlyCollection<T> all, Action<Utf8JsonWriter, T> write)
    {
        // RFC 7644 §4: filters are refused here, so that nobody takes a part for the whole.
        if (QueryText.Find(http.Request, "filter") is not null)
        {
            throw new ScimFailure(403, null, "This list cannot be filtered. Read it without a filter.");
        }

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
}

using System.Text.Json;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Rest;

/// <summary>/api_keys: what the vendor's programs authenticate with.</summary>
internal sealed class ApiKeyEndpoints(
    CredentialService.CredentialServiceClient credentials, ServiceCalls calls, IOptions<GatewayOptions> options)
{
    private static readonly (string Name, ApiKeyScope Value)[] Scopes =
        [("read", ApiKeyScope.Read), ("write", ApiKeyScope.Write), ("admin", ApiKeyScope.Admin)];

    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.OfPages(http);
        var request = new ListApiKeysRequest { Page = query.Page() };
        var answer = await calls.SendAsync(http, call => credentials.ListApiKeysAsync(request, call).ResponseAsync);
        var (before, after) = query.Neighbours(answer.Page);
        await RestResponse.WriteListAsync(http, answer.ApiKeys, (json, key) => Write(json, key, null), before, after);
    }

    public async Task CreateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, "name", "scopes", "organization_id", "expires_at");
        var request = new CreateApiKeyRequest
        {
            Name = body.RequireText("name"),
            Scopes = { ReadScopes(body) },
            OrganizationId = body.FindText("organization_id", nullable: true) ?? "",
            ExpireTime = body.FindTime("expires_at"),
        };
        body.Check();

        // Once: a second attempt could leave a key that nobody has seen.
        var answer = await calls.TryAsync(
            http, call => credentials.CreateApiKeyAsync(request, call).ResponseAsync, options.Value.CallTimeout);
        await RestResponse.WriteAsync(http, StatusCodes.Status201Created, json => Write(json, answer.ApiKey, answer.Secret));
    }

    public async Task RevokeAsync(HttpContext http)
    {
        var request = new RevokeApiKeyRequest { Id = (string)http.Request.RouteValues["id"]! };
        var answer = await calls.SendAsync(http, call => credentials.RevokeApiKeyAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer.ApiKey, null));
    }

    internal static void Write(Utf8JsonWriter json, ApiKey key, string? secret)
    {
        json.WriteStartObject();
        json.WriteString("object", "api_key");
        json.WriteString("id", key.Id);
        json.WriteString("name", key.Name);
        json.WriteText("organization_id", key.OrganizationId);
        json.WriteStartArray("scopes");
        foreach (var scope in key.Scopes)
        {
            json.WriteStringValue(RestErrors.Text(scope));
        }

        json.WriteEndArray();
        if (secret is not null)
        {
            json.WriteString("key", secret);
        }

        json.WriteString("key_suffix", key.Suffix);
        json.WriteTime("created_at", key.CreateTime);
        json.WriteTime("expires_at", key.ExpireTime);
        json.WriteTime("last_used_at", key.LastUseTime);
        json.WriteTime("revoked_at", key.RevokeTime);
        json.WriteEndObject();
    }

    private static List<ApiKeyScope> ReadScopes(RestBody body)
    {
        var scopes = new List<ApiKeyScope>();
        foreach (var name in body.FindTexts("scopes") ?? [])
        {
            var known = Scopes.FirstOrDefault(scope => scope.Name == name);
            if (known.Value == ApiKeyScope.Unspecified)
            {
                body.Refuse("scopes", "invalid_value", $"has '{name}', which is none of: read, write, admin.");
            }

            scopes.Add(known.Value);
        }

        if (!body.Has("scopes"))
        {
            body.Refuse("scopes", "required", "is required: some of read, write, admin.");
        }

        return scopes;
    }
}

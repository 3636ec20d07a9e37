using System.Text.Json.Nodes;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Rest;

/// <summary>/api_keys: what the vendor's programs come in with.</summary>
internal sealed class KeyEndpoints(CredentialService.CredentialServiceClient credentials, ServiceCalls calls)
{
    private static readonly Dictionary<string, ApiKeyScope> Scopes = new()
    {
        ["read"] = ApiKeyScope.Read, ["write"] = ApiKeyScope.Write, ["admin"] = ApiKeyScope.Admin,
    };

    public async Task ListAsync(HttpContext http)
    {
        Caller.Of(http).RequireAllOrganizations();
        var (page, isReversed) = RestList.ReadPage(http.Request);
        var request = new ListApiKeysRequest { Page = page };
        var found = await calls.SendAsync(http, call => credentials.ListApiKeysAsync(request, call).ResponseAsync);
        await RestResponse.OkAsync(http, RestList.Write(found.ApiKeys.Select(Write), found.Page, isReversed));
    }

    public async Task CreateAsync(HttpContext http)
    {
        Caller.Of(http).RequireAllOrganizations();
        var request = ReadCreate(await RestBody.ReadAsync(http));
        var created = await calls.SendAsync(http, call => credentials.CreateApiKeyAsync(request, call).ResponseAsync);
        var json = Write(created.ApiKey);
        json["key"] = created.Secret;
        await RestResponse.CreatedAsync(http, json);
    }

    public async Task RevokeAsync(HttpContext http, string id)
    {
        Caller.Of(http).RequireAllOrganizations();
        var request = new RevokeApiKeyRequest { Id = id };
        var revoked = await calls.SendAsync(http, call => credentials.RevokeApiKeyAsync(request, call).ResponseAsync);
        await RestResponse.OkAsync(http, Write(revoked.ApiKey));
    }

    internal static CreateApiKeyRequest ReadCreate(RestBody body)
    {
        var request = new CreateApiKeyRequest
        {
            Name = body.RequiredText("name"),
            OrganizationId = body.Text("organization_id") ?? "",
            ExpireTime = body.Time("expires_at") is { } expiry ? Timestamp.FromDateTimeOffset(expiry) : null,
        };
        foreach (var name in body.Texts("scopes") ?? [])
        {
            request.Scopes.Add(Scopes.TryGetValue(name, out var scope)
                ? scope : body.Fail<ApiKeyScope>("scopes", $"may hold {string.Join(", ", Scopes.Keys)}, not '{name}'."));
        }

        if (request.Scopes.Count == 0)
        {
            body.Fail<ApiKeyScope>("scopes", "is required: a list of 'read', 'write' and 'admin'.", "required");
        }

        body.Check();
        return request;
    }

    private static JsonObject Write(ApiKey key) => new()
    {
        ["object"] = "api_key",
        ["id"] = key.Id,
        ["name"] = key.Name,
        ["scopes"] = new JsonArray([.. key.Scopes.Select(scope => (JsonNode)DirectoryNames.Of(Scopes, scope)!)]),
        ["organization_id"] = key.OrganizationId.Length > 0 ? key.OrganizationId : null,
        ["key_suffix"] = key.Suffix,
        ["created_at"] = RestResponse.Time(key.CreateTime),
        ["expires_at"] = RestResponse.Time(key.ExpireTime),
        ["last_used_at"] = RestResponse.Time(key.LastUseTime),
        ["revoked_at"] = RestResponse.Time(key.RevokeTime),
    };
}

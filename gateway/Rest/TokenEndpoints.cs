using System.Text.Json;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/tokens: what an identity provider authenticates with.</summary>
internal sealed class TokenEndpoints(CredentialService.CredentialServiceClient credentials, DirectoryAccess access, ServiceCalls calls)
{
    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.OfPages(http);
        var page = query.Page();
        var directory = await access.GetAsync(http);
        var request = new ListScimTokensRequest { DirectoryId = directory.Id, Page = page };
        var answer = await calls.SendAsync(http, call => credentials.ListScimTokensAsync(request, call).ResponseAsync);
        var (before, after) = query.Neighbours(answer.Page);
        await RestResponse.WriteListAsync(http, answer.ScimTokens, (json, token) => Write(json, directory, token, null), before, after);
    }

    public async Task CreateAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        var body = await RestBody.ReadAsync(http, optional: true, "name", "expires_at");
        var request = new CreateScimTokenRequest
        {
            DirectoryId = directory.Id,
            Name = body.FindText("name", nullable: true) ?? "",
            ExpireTime = body.FindTime("expires_at"),
            RequestId = RestCaller.Of(http).RequestId(http),
        };
        body.Check();
        var answer = await calls.SendAsync(http, call => credentials.CreateScimTokenAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(
            http, StatusCodes.Status201Created, json => Write(json, directory, answer.ScimToken, answer.Secret));
    }

    public async Task RevokeAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        var request = new RevokeScimTokenRequest { DirectoryId = directory.Id, Id = (string)http.Request.RouteValues["token_id"]! };
        var answer = await calls.SendAsync(http, call => credentials.RevokeScimTokenAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, directory, answer.ScimToken, null));
    }

    /// <param name="json">Where to.</param>
    /// <param name="directory">Whose.</param>
    /// <param name="token">What is kept of it.</param>
    /// <param name="secret">The token itself, in the answer that creates it and never again.</param>
    internal static void Write(Utf8JsonWriter json, Directory directory, ScimToken token, string? secret)
    {
        json.WriteStartObject();
        json.WriteString("object", "directory_token");
        json.WriteString("id", token.Id);
        json.WriteString("directory_id", directory.Id);
        json.WriteString("organization_id", directory.OrganizationId);
        json.WriteString("name", token.Name);
        if (secret is not null)
        {
            json.WriteString("token", secret);
        }

        json.WriteString("token_suffix", token.Suffix);
        json.WriteTime("created_at", token.CreateTime);
        json.WriteTime("expires_at", token.ExpireTime);
        json.WriteTime("last_used_at", token.LastUseTime);
        json.WriteTime("revoked_at", token.RevokeTime);
        json.WriteEndObject();
    }
}

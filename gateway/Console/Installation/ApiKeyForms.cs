using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DirectorySync.Gateway.Console.Installation;

/// <summary>What forms do with API keys.</summary>
internal sealed class ApiKeyForms(CredentialService.CredentialServiceClient credentials, ServiceCalls calls)
{
    // A key that nobody saw is of no use, and a second one no harm, but one that is asked for once is made once.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task<IResult> CreateAsync(HttpContext http, Form form)
    {
        var request = new CreateApiKeyRequest
        {
            Name = form.Require("name", "The name"), OrganizationId = form.Text("organization"), ExpireTime = form.EndOfDay("expires", "The last day"),
        };
        request.Scopes.Add(Enum.GetValues<ApiKeyScope>().Where(scope => scope != default && scope <= form.Choice<ApiKeyScope>("scope", "what it may")));
        form.Check();
        var answer = await calls.TryAsync(http, call => credentials.CreateApiKeyAsync(request, call).ResponseAsync, Patience);
        return new RazorComponentResult<ApiKeySecretPage>(new { Key = answer.ApiKey, answer.Secret });
    }

    public async Task<IResult> RevokeAsync(HttpContext http, Form form)
    {
        var request = new RevokeApiKeyRequest { Id = (string)http.Request.RouteValues["key_id"]! };
        await calls.SendAsync(http, call => credentials.RevokeApiKeyAsync(request, call).ResponseAsync);
        return Pages.See("/console/api-keys", "done");
    }
}

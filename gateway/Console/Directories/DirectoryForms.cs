using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using Microsoft.AspNetCore.Http.HttpResults;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Console.Directories;

/// <summary>What forms do with directories, their tokens and their state.</summary>
internal sealed class DirectoryForms(
    DirectoryService.DirectoryServiceClient directories,
    CredentialService.CredentialServiceClient credentials,
    ReconciliationService.ReconciliationServiceClient reconciliations,
    OrganizationReads organizations,
    DirectoryAccess access,
    PublicAddress address,
    ServiceCalls calls)
{
    public async Task<IResult> CreateAsync(HttpContext http, Form form)
    {
        var organization = await organizations.GetAsync(http, (string)http.Request.RouteValues["id"]!);
        var wanted = new Directory
        {
            OrganizationId = organization.Id,
            Name = form.Require("name", "The name"),
            Provider = form.Choice<Provider>("provider", "the identity provider"),
            Policies = new() { Activation = form.Text("activation") == nameof(Activation.Review) ? Activation.Review : Activation.Unspecified },
        };
        form.Check();
        http.Features.Get<Audit.V1.Actor>()!.OrganizationId = organization.Id;
        var request = new CreateDirectoryRequest { Directory = wanted, RequestId = form.RequestId };
        var directory = (await calls.SendAsync(http, call => directories.CreateDirectoryAsync(request, call).ResponseAsync)).Directory;
        return await ShowTokenAsync(http, directory, new() { DirectoryId = directory.Id, RequestId = form.RequestId }, $"{directory.Name} was added", null);
    }

    public async Task<IResult> CreateTokenAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        var request = new CreateScimTokenRequest
        {
            DirectoryId = directory.Id, Name = form.Text("name"), ExpireTime = form.EndOfDay("expires", "The last day"), RequestId = form.RequestId,
        };
        form.Check();
        return await ShowTokenAsync(
            http, directory, request, "A token was created", "Tokens from before go on working. Revoke them once the identity provider has this one.");
    }

    public async Task<IResult> RevokeTokenAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        var request = new RevokeScimTokenRequest { DirectoryId = directory.Id, Id = (string)http.Request.RouteValues["token_id"]! };
        await calls.SendAsync(http, call => credentials.RevokeScimTokenAsync(request, call).ResponseAsync);
        return Pages.See($"{AddressOf(directory)}/tokens", "token-revoked");
    }

    public async Task<IResult> RenameAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        var wanted = new Directory
        {
            Id = directory.Id, Name = form.Require("name", "The name"), Provider = form.Choice<Provider>("provider", "the identity provider"),
            EndpointLabel = form.Text("endpoint_label"),
        };
        form.Check();
        await UpdateAsync(http, wanted, "name", "provider", "endpoint_label");
        return Pages.See($"{AddressOf(directory)}/settings", "saved");
    }

    /// <summary>The button says which state.</summary>
    public async Task<IResult> ChangeStateAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        var wanted = new Directory { Id = directory.Id, State = form.Choice<DirectoryState>("state", "the state") };
        form.Check();
        await UpdateAsync(http, wanted, "state");
        return Pages.See($"{AddressOf(directory)}/activation", "state-changed");
    }

    public async Task<IResult> ReconcileAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        await calls.SendAsync(http, call => reconciliations.StartReconciliationAsync(new() { DirectoryId = directory.Id }, call).ResponseAsync);
        return Pages.See($"{AddressOf(directory)}#reconciliation");
    }

    public async Task<IResult> DeleteAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        form.RequireConfirmation(directory.Name);
        form.Check();
        await calls.SendAsync(http, call => directories.DeleteDirectoryAsync(new() { Id = directory.Id }, call).ResponseAsync);
        return Pages.See($"{Pages.Console}/organizations/{directory.OrganizationId}", "directory-deleted");
    }

    private async Task UpdateAsync(HttpContext http, Directory wanted, params string[] mask)
    {
        var request = new UpdateDirectoryRequest { Directory = wanted, UpdateMask = { mask } };
        await calls.SendAsync(http, call => directories.UpdateDirectoryAsync(request, call).ResponseAsync);
    }

    private async Task<IResult> ShowTokenAsync(
        HttpContext http, Directory directory, CreateScimTokenRequest request, string heading, string? remark)
    {
        var answer = await calls.SendAsync(http, call => credentials.CreateScimTokenAsync(request, call).ResponseAsync);
        return new RazorComponentResult<SecretPage>(new
        {
            Directory = directory, Token = answer.ScimToken, answer.Secret, Heading = heading, Remark = remark,
            BaseUrl = address.ScimBaseUrl(http.Request, directory.EndpointLabel.Length > 0 ? directory.EndpointLabel : directory.EndpointKey),
        });
    }

    private static string AddressOf(Directory directory) => $"{Pages.Console}/directories/{directory.Id}";
}

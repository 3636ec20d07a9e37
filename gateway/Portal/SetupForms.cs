using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Console;
using DirectorySync.Gateway.Portal.Access;
using DirectorySync.Gateway.Portal.Guides;
using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Http.HttpResults;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Portal;

/// <summary>What an IT admin does in the portal.</summary>
internal sealed class SetupForms(
    DirectoryService.DirectoryServiceClient directories, CredentialService.CredentialServiceClient credentials, SetupReads reads, ServiceCalls calls)
{
    /// <summary>To the only directory, or the choice, or a first one.</summary>
    public async Task BeginAsync(HttpContext http)
    {
        var known = await reads.ListAsync(http);
        IResult next = known switch
        {
            [var only] => Pages.See(PortalPages.Directory(only.Id)),
            [] when PortalSession.Of(http).DirectoryId is null => Pages.See(PortalPages.NewDirectory),
            [] => throw RestErrors.NotFound("directory"),
            _ => new RazorComponentResult<DirectoriesPage>(),
        };
        await next.ExecuteAsync(http);
    }

    /// <summary>The first directory of the organization: others are the vendor's to make.</summary>
    public async Task<IResult> CreateDirectoryAsync(HttpContext http, Form form)
    {
        var session = PortalSession.Of(http);
        var wanted = new Directory
        {
            OrganizationId = session.OrganizationId,
            Name = form.Require("name", "The name"),
            Provider = form.Choice<Provider>("provider", "the identity provider"),
            Policies = new(),
        };
        form.Check();
        if (session.DirectoryId is not null)
        {
            throw new RestFailure(403, "directory_limited", "This link is for one directory, which exists. Set that one up.");
        }

        if (await reads.ListAsync(http) is [var existing, ..])
        {
            // Also what the same form sent a moment ago has made.
            return Pages.See(PortalPages.Directory(existing.Id));
        }

        var request = new CreateDirectoryRequest { Directory = wanted, RequestId = form.RequestId };
        var created = await calls.SendAsync(http, call => directories.CreateDirectoryAsync(request, call).ResponseAsync);
        return Pages.See(PortalPages.Directory(created.Directory.Id));
    }

    /// <summary>To the first step of a guide. A directory to which nobody came becomes that provider's.</summary>
    public async Task<IResult> ChooseKindAsync(HttpContext http, Form form)
    {
        var directory = await reads.GetDirectoryAsync(http);
        var guide = Guide.Find(form.Text("guide")) ?? throw new RestFailure(RestErrors.Invalid("guide", "invalid_value", "Choose one of these kinds."));
        if (guide.Provider != directory.Provider)
        {
            if (!MayChange(directory))
            {
                throw new RestFailure(RestErrors.Invalid("guide", "invalid_value", "People have arrived from another identity provider already."));
            }

            var request = new UpdateDirectoryRequest { Directory = new() { Id = directory.Id, Provider = guide.Provider }, UpdateMask = { "provider" } };
            await calls.SendAsync(http, call => directories.UpdateDirectoryAsync(request, call).ResponseAsync);
        }

        return Pages.See(PortalPages.Step(directory.Id, guide, guide.Steps[0].Step));
    }

    /// <summary>A token, shown in the answer to this request alone.</summary>
    public async Task<IResult> CreateTokenAsync(HttpContext http, Form form)
    {
        var directory = await reads.GetDirectoryAsync(http);
        var (guide, _) = SetupReads.GetStep(http);
        var request = new CreateScimTokenRequest { DirectoryId = directory.Id, Name = $"{guide.Who} (setup portal)", RequestId = form.RequestId };
        try
        {
            var answer = await calls.SendAsync(http, call => credentials.CreateScimTokenAsync(request, call).ResponseAsync);
            http.Features.Set(new NewToken(answer.Secret));
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.RequestIdUsed)
        {
            throw new RestFailure(409, "token_shown", "This token was made and shown before, and is not kept. If you do not have it, make another one.");
        }

        return new RazorComponentResult<StepPage>();
    }

    public static async Task<IResult> FinishAsync(HttpContext http, Form form)
    {
        await PortalSessions.EndAsync(http);
        return new RazorComponentResult<FinishedPage>();
    }

    public static Task<IResult> ChooseThemeAsync(HttpContext http, Form form)
    {
        Theme.Choose(http, form.Text("theme"));
        return Task.FromResult(Pages.See(PortalPages.Own(form.Text("return"))));
    }

    /// <summary>Where nobody came, nobody's provider is changed.</summary>
    public static bool MayChange(Directory directory) => directory.UserCounts is not { } counts || counts.Active + counts.Inactive == 0;
}

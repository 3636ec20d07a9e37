using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DirectorySync.Gateway.Console.Organizations;

/// <summary>Makes a link by which the customer's IT admin comes to the setup portal.</summary>
internal sealed class SetupLinkForms(
    PortalLinkService.PortalLinkServiceClient links, OrganizationReads organizations, PublicAddress address, ServiceCalls calls, TimeProvider time)
{
    public const int LongestDays = 30;

    public async Task<IResult> CreateAsync(HttpContext http, Form form)
    {
        var organization = await organizations.GetAsync(http, (string)http.Request.RouteValues["id"]!);
        var days = form.Number("days", "The number of days", 1, LongestDays);
        form.Check();
        http.Features.Get<Audit.V1.Actor>()!.OrganizationId = organization.Id;
        var request = new CreatePortalLinkRequest
        {
            OrganizationId = organization.Id,
            DirectoryId = form.Text("directory"),
            ReturnUrl = form.Text("return_url"),
            SuccessUrl = form.Text("success_url"),
            // A minute less: the service's clock may be behind.
            ExpireTime = (time.GetUtcNow().AddDays(days) - TimeSpan.FromMinutes(1)).ToTimestamp(),
        };
        var answer = await calls.SendAsync(http, call => links.CreatePortalLinkAsync(request, call).ResponseAsync);
        return new RazorComponentResult<SetupLinkMadePage>(new
        {
            Organization = organization,
            Link = address.PortalLink(http.Request, answer.PortalLink.Id, answer.Secret),
            ExpireTime = answer.PortalLink.ExpireTime,
        });
    }
}

using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>/portal/generate_link: a link by which a customer's IT admin sets up a directory without an account.</summary>
internal sealed class PortalEndpoints(PortalLinkService.PortalLinkServiceClient links, PublicAddress address, ServiceCalls calls)
{
    private const string DirectorySync = "dsync";

    // What the hosted product has portals for as well, by the contract's words.
    private static readonly string[] Elsewhere =
        ["sso", "audit_logs", "log_streams", "domain_verification", "certificate_renewal", "bring_your_own_key"];

    public async Task GenerateLinkAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(
            http, optional: false, "organization", "intent", "return_url", "success_url", "it_contact_emails", "directory", "expires_at");
        var request = new CreatePortalLinkRequest
        {
            OrganizationId = body.RequireText("organization"),
            DirectoryId = body.FindText("directory", nullable: true) ?? "",
            ReturnUrl = body.FindText("return_url", nullable: true) ?? "",
            SuccessUrl = body.FindText("success_url", nullable: true) ?? "",
            ExpireTime = body.FindTime("expires_at"),
        };
        var intent = body.FindText("intent", nullable: true);
        if (intent is not (null or DirectorySync) && !Elsewhere.Contains(intent))
        {
            body.Refuse("intent", "invalid_value", $"must be '{DirectorySync}'.");
        }

        var contacts = body.FindTexts("it_contact_emails");
        body.Check();
        CheckServed(intent, contacts);
        if (!RestCaller.Of(http).Sees(request.OrganizationId))
        {
            throw RestErrors.NotFound("organization");
        }

        var answer = await calls.SendAsync(http, call => links.CreatePortalLinkAsync(request, call).ResponseAsync);
        var link = address.PortalLink(http.Request, answer.PortalLink.Id, answer.Secret);
        await RestResponse.WriteAsync(http, StatusCodes.Status201Created, json =>
        {
            json.WriteStartObject();
            json.WriteString("link", link);
            json.WriteEndObject();
        });
    }

    // What the contract allows and this installation does not have. In the message alone: client libraries show it instead of their own.
    private static void CheckServed(string? intent, IReadOnlyList<string>? contacts)
    {
        if (intent is not (null or DirectorySync))
        {
            throw new RestFailure(
                422, "intent_not_supported", $"intent: '{intent}' is not offered here, the portal sets up directories only. Send '{DirectorySync}'.");
        }

        if (contacts is { Count: > 0 })
        {
            throw new RestFailure(
                422, "contacts_not_supported", "it_contact_emails: no e-mail is sent. Leave it out, and send the link to the IT contacts yourself.");
        }
    }
}

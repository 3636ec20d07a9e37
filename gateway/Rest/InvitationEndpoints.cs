using System.Text.Json;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/invitations: what became of e-mails to users; /invitation_template: what they say.</summary>
internal sealed class InvitationEndpoints(InvitationService.InvitationServiceClient invitations, DirectoryAccess access, ServiceCalls calls)
{
    private const int Usual = 100;
    private const int Most = 1000;

    private static readonly (string Name, InvitationState Value)[] States =
    [
        ("all", InvitationState.Unspecified),
        .. Enum.GetValues<InvitationState>().Where(state => state != default).Select(state => (Words.Of(state), state)),
    ];

    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "after", "state");
        var request = new ListInvitationsRequest { PageSize = query.Limit(Usual, Most), PageToken = query.FindText("after") ?? "" };
        if (query.FindChoice("state", States) is var state and not InvitationState.Unspecified)
        {
            request.States.Add(state);
        }

        query.Check();
        request.DirectoryId = (await access.GetAsync(http)).Id;
        var answer = await calls.SendAsync(http, call => invitations.ListInvitationsAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Invitations, Write, after: answer.NextPageToken);
    }

    public async Task ResendAsync(HttpContext http)
    {
        var request = new ResendInvitationRequest
        {
            DirectoryId = (await access.GetAsync(http)).Id, UserId = (string)http.Request.RouteValues["user_id"]!,
        };
        var answer = await calls.SendAsync(http, call => invitations.ResendInvitationAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer.Invitation));
    }

    public async Task GetTemplateAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        var answer = await calls.SendAsync(http, call => invitations.GetInvitationTemplateAsync(new(), call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer.Template));
    }

    public async Task UpdateTemplateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, "subject", "text", "html");
        var template = new InvitationTemplate
        {
            Subject = body.FindText("subject", nullable: true) ?? "",
            Text = body.FindText("text", nullable: true) ?? "",
            Html = body.FindText("html", nullable: true) ?? "",
        };
        body.Check();
        var request = new UpdateInvitationTemplateRequest { Template = template };
        var answer = await calls.SendAsync(http, call => invitations.UpdateInvitationTemplateAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer.Template));
    }

    private static void Write(Utf8JsonWriter json, Invitation invitation)
    {
        json.WriteStartObject();
        json.WriteString("object", "invitation");
        json.WriteString("id", invitation.Id);
        json.WriteString("directory_id", invitation.DirectoryId);
        json.WriteString("directory_user_id", invitation.UserId);
        json.WriteString("state", Words.Of(invitation.State));
        json.WriteNumber("attempts", invitation.Attempts);
        json.WriteText("last_error", invitation.LastError.ToLowerInvariant());
        json.WriteTime("next_attempt_at", invitation.NextAttemptTime);
        json.WriteTime("sent_at", invitation.SendTime);
        json.WriteTime("created_at", invitation.CreateTime);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, InvitationTemplate template)
    {
        json.WriteStartObject();
        json.WriteString("object", "invitation_template");
        json.WriteString("subject", template.Subject);
        json.WriteString("text", template.Text);
        json.WriteText("html", template.Html);
        json.WriteTime("updated_at", template.UpdateTime);
        json.WriteEndObject();
    }
}

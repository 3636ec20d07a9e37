using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;

namespace DirectorySync.Gateway.Console.Installation;

/// <summary>What forms do with settings of the whole installation.</summary>
internal sealed class SettingsForms(InvitationService.InvitationServiceClient invitations, ServiceCalls calls)
{
    public async Task<IResult> SaveTemplateAsync(HttpContext http, Form form)
    {
        var request = new UpdateInvitationTemplateRequest
        {
            Template = new() { Subject = form.Text("subject"), Text = form.Raw("text"), Html = form.Raw("html") },
        };
        await calls.SendAsync(http, call => invitations.UpdateInvitationTemplateAsync(request, call).ResponseAsync);
        return Pages.See("/console/settings", "saved");
    }
}

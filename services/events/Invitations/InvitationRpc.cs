using Grpc.Core;

namespace DirectorySync.Events.Invitations;

/// <summary>Serves InvitationService.</summary>
internal sealed class InvitationRpc(InvitationStore invitations, TemplateStore templates) : InvitationService.InvitationServiceBase
{
    public override Task<ListInvitationsResponse> ListInvitations(ListInvitationsRequest request, ServerCallContext context) =>
        invitations.ListAsync(request, context.CancellationToken);

    public override async Task<ResendInvitationResponse> ResendInvitation(ResendInvitationRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        Inputs.RequireId(request.UserId, "directory user");
        return new() { Invitation = await invitations.ResendAsync(request.DirectoryId, request.UserId, context.CancellationToken) };
    }

    public override async Task<GetInvitationTemplateResponse> GetInvitationTemplate(
        GetInvitationTemplateRequest request, ServerCallContext context) => new() { Template = await templates.GetAsync(context.CancellationToken) };

    public override async Task<UpdateInvitationTemplateResponse> UpdateInvitationTemplate(
        UpdateInvitationTemplateRequest request, ServerCallContext context) =>
        new() { Template = await templates.UpdateAsync(request.Template ?? new(), context.CancellationToken) };
}

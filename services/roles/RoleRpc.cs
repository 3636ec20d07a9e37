using Grpc.Core;

namespace DirectorySync.Roles;

/// <summary>Serves RoleService.</summary>
internal sealed class RoleRpc(RoleStore roles, OfferedRoles offered, GuardStore guards) : RoleService.RoleServiceBase
{
    public override async Task<CreateRoleResponse> CreateRole(CreateRoleRequest request, ServerCallContext context)
    {
        var requestId = Inputs.OptionalText("request_id", request.RequestId, 256);
        return new() { Role = await roles.CreateAsync(request.Role ?? new(), requestId, context.CancellationToken) };
    }

    public override async Task<GetRoleResponse> GetRole(GetRoleRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.Slug, "role");
        return new() { Role = await roles.FindAsync(request.Slug, context.CancellationToken) ?? throw Inputs.NotFound("role") };
    }

    public override async Task<ListRolesResponse> ListRoles(ListRolesRequest request, ServerCallContext context) =>
        new() { Roles = { await roles.ListAsync(request.AssignableOnly, context.CancellationToken) } };

    public override Task<ListOfferedRolesResponse> ListOfferedRoles(ListOfferedRolesRequest request, ServerCallContext context) =>
        offered.ListAsync(request, context.CancellationToken);

    public override async Task<UpdateRoleResponse> UpdateRole(UpdateRoleRequest request, ServerCallContext context)
    {
        var wanted = request.Role ?? new();
        Inputs.RequireId(wanted.Slug, "role");
        return new() { Role = await roles.UpdateAsync(wanted, request.UpdateMask, request.ExpectedVersion, context.CancellationToken) };
    }

    public override async Task<DeleteRoleResponse> DeleteRole(DeleteRoleRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.Slug, "role");
        await roles.DeleteAsync(request.Slug, request.ExpectedVersion, context.CancellationToken);
        return new();
    }

    public override async Task<GetRoleGuardResponse> GetRoleGuard(GetRoleGuardRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.OrganizationId, "organization");
        var enabled = await guards.IsEnabledAsync(request.OrganizationId, context.CancellationToken);
        return new() { Guard = new() { OrganizationId = request.OrganizationId, Enabled = enabled } };
    }

    public override async Task<UpdateRoleGuardResponse> UpdateRoleGuard(UpdateRoleGuardRequest request, ServerCallContext context)
    {
        var wanted = request.Guard ?? new();
        Inputs.RequireId(wanted.OrganizationId, "organization");
        await guards.SwitchAsync(wanted.OrganizationId, wanted.Enabled, context.CancellationToken);
        return new() { Guard = wanted };
    }
}

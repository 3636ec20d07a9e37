using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Roles.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>The roles of the environment that identity providers are offered to assign.</summary>
internal sealed class OfferedRoles(RoleService.RoleServiceClient roles, ServiceCalls calls)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // What there was last: a directory can describe itself while roles is away.
    private volatile IReadOnlyList<OfferedType>? lastTypes;

    /// <summary>Those of one type, highest priority first.</summary>
    public async Task<IReadOnlyList<Role>> ListAsync(HttpContext http, OfferedType type)
    {
        var request = new ListRolesRequest { AssignableOnly = true };
        var answer = await calls.SendAsync(http, call => roles.ListRolesAsync(request, call).ResponseAsync);
        return [.. answer.Roles.Where(role => TypeOf(role) == type)];
    }

    /// <summary>The types of which there is anything.</summary>
    public async Task<IReadOnlyList<OfferedType>> ListTypesAsync(HttpContext http)
    {
        try
        {
            var request = new ListRolesRequest { AssignableOnly = true };
            var answer = await calls.TryAsync(http, call => roles.ListRolesAsync(request, call).ResponseAsync, Patience);
            return lastTypes = [.. OfferedType.All.Where(type => answer.Roles.Any(role => TypeOf(role) == type))];
        }
        catch (RpcException e) when (ServiceCalls.IsAway(e) && lastTypes is not null && !http.RequestAborted.IsCancellationRequested)
        {
            return lastTypes;
        }
    }

    private static OfferedType TypeOf(Role role) => role.Entitlement ? OfferedType.Entitlement : OfferedType.Role;
}

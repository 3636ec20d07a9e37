using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Roles.V1;
using DirectorySync.Scim;
using Grpc.Core;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>The roles of the environment that identity providers are offered to assign: SCIM's Role and Entitlement.</summary>
internal sealed class OfferedRoles(RoleService.RoleServiceClient roles, ForeignFilters foreignFilters, ServiceCalls calls)
{
    public static readonly IReadOnlyList<ResourceType> Types = [ResourceType.Role, ResourceType.Entitlement];

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // What there was last: a directory can describe itself while roles is away.
    private volatile IReadOnlyList<ResourceType>? lastTypes;

    public async Task<ListOfferedRolesResponse> ReadAsync(HttpContext http, ResourceType type, ListQuery query)
    {
        var request = new ListOfferedRolesRequest
        {
            Entitlement = type == ResourceType.Entitlement,
            Filter = await foreignFilters.ResolveAsync(http, query.Filter, type),
            Sort = query.Sort,
            Skip = query.StartIndex - 1,
            PageSize = query.Count,
            PageToken = query.Cursor ?? "",
        };
        return await calls.SendAsync(http, call => roles.ListOfferedRolesAsync(request, call).ResponseAsync);
    }

    /// <summary>Throws 404 for what does not exist, and for what is not offered here.</summary>
    public async Task<Role> GetAsync(HttpContext http, ResourceType type, string id)
    {
        var request = new GetRoleRequest { Slug = id };
        try
        {
            var found = (await calls.SendAsync(http, call => roles.GetRoleAsync(request, call).ResponseAsync)).Role;
            return found.Assignable && TypeOf(found) == type ? found : throw NotFound(type);
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
        {
            throw NotFound(type);
        }
    }

    /// <summary>The types of which there is anything.</summary>
    public async Task<IReadOnlyList<ResourceType>> ListTypesAsync(HttpContext http)
    {
        try
        {
            var request = new ListRolesRequest { AssignableOnly = true };
            var answer = await calls.TryAsync(http, call => roles.ListRolesAsync(request, call).ResponseAsync, Patience);
            return lastTypes = [.. Types.Where(type => answer.Roles.Any(role => TypeOf(role) == type))];
        }
        catch (RpcException e) when (ServiceCalls.IsAway(e) && lastTypes is not null && !http.RequestAborted.IsCancellationRequested)
        {
            return lastTypes;
        }
    }

    private static ResourceType TypeOf(Role role) => role.Entitlement ? ResourceType.Entitlement : ResourceType.Role;

    private static ScimFailure NotFound(ResourceType type) => new(
        404, null, $"There is no {type.Name} with this id, or it is not offered to be assigned. GET {type.Endpoint} lists those that are.");
}

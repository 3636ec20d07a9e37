using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>DELETE /directories/{id}/users/{user_id}: nothing may be kept of a person.</summary>
internal sealed class ErasureEndpoints(UserService.UserServiceClient users, DirectoryAccess access, ServiceCalls calls)
{
    public async Task EraseAsync(HttpContext http)
    {
        var request = new EraseUserRequest { DirectoryId = (await access.GetAsync(http)).Id, Id = (string)http.Request.RouteValues["user_id"]! };
        await calls.SendAsync(http, call => users.EraseUserAsync(request, call).ResponseAsync);
        http.Response.StatusCode = StatusCodes.Status202Accepted;
    }
}

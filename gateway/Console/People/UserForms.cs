using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Rest;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Console.People;

/// <summary>What forms do with a user.</summary>
internal sealed class UserForms(
    UserService.UserServiceClient users, GroupService.GroupServiceClient groups, DirectoryAccess access, ServiceCalls calls)
{
    public async Task<IResult> EraseAsync(HttpContext http, Form form)
    {
        var directory = await access.GetAsync(http);
        var id = (string)http.Request.RouteValues["user_id"]!;
        var user = (await calls.SendAsync(http, call => users.GetUserAsync(new() { DirectoryId = directory.Id, Id = id }, call).ResponseAsync)).User;
        form.RequireConfirmation(user.UserName);
        form.Check();
        await calls.SendAsync(http, call => users.EraseUserAsync(new() { DirectoryId = directory.Id, Id = id }, call).ResponseAsync);
        return Pages.See($"{Pages.Console}/directories/{directory.Id}/users", "user-erased");
    }

    public async Task<IResult> ConfirmMembershipsAsync(HttpContext http, Form form)
    {
        var request = new ConfirmMembershipsRequest { DirectoryId = (await access.GetAsync(http)).Id, UserId = (string)http.Request.RouteValues["user_id"]! };
        await calls.SendAsync(http, call => groups.ConfirmMembershipsAsync(request, call).ResponseAsync);
        return Pages.See($"{Pages.Console}/directories/{request.DirectoryId}/users/{Uri.EscapeDataString(request.UserId)}", "confirmed");
    }
}

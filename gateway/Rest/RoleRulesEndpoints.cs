using DirectorySync.Gateway.Calls;
using DirectorySync.Roles.V1;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/role_rules, and who has which role in the directory, and why.</summary>
internal sealed class RoleRulesEndpoints(
    RoleRulesService.RoleRulesServiceClient rules,
    UserRolesService.UserRolesServiceClient users,
    DirectoryAccess access,
    ServiceCalls calls,
    IOptions<GatewayOptions> options)
{
    private const int Usual = 100;
    private const int Most = 1_000;

    public async Task GetAsync(HttpContext http)
    {
        var request = new GetRoleRulesRequest { DirectoryId = (await access.GetAsync(http)).Id };
        var answer = await calls.SendAsync(http, call => rules.GetRoleRulesAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(
            http, StatusCodes.Status200OK, json => RoleJson.Write(json, answer.Rules, answer.Recomputation));
    }

    public async Task ReplaceAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        var body = await RestBody.ReadAsync(http, optional: false, "mode", "default_role", "rules", "version");
        var request = new UpdateRoleRulesRequest
        {
            Rules = RoleJson.Read(body, directory.Id),
            ExpectedVersion = body.FindNumber("version") ?? 0,
        };
        body.Check();
        var answer = await calls.SendAsync(http, call => rules.UpdateRoleRulesAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(
            http, StatusCodes.Status200OK, json => RoleJson.Write(json, answer.Rules, answer.Recomputation));
    }

    public async Task PreviewAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        var body = await RestBody.ReadAsync(http, optional: false, "mode", "default_role", "rules");
        var request = new PreviewRoleRulesRequest { Rules = RoleJson.Read(body, directory.Id) };
        body.Check();
        var answer = await calls.SendAsync(
            http, call => rules.PreviewRoleRulesAsync(request, call).ResponseAsync, options.Value.GroupCallTimeout);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => RoleJson.Write(json, answer));
    }

    public async Task ExplainAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        var request = new GetUserRolesExplanationRequest
        {
            DirectoryId = directory.Id,
            UserId = (string)http.Request.RouteValues["user_id"]!,
        };
        var answer = await calls.SendAsync(http, call => users.GetUserRolesExplanationAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => RoleJson.Write(json, answer));
    }

    public async Task ListHoldersAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "after");
        var request = new ListRoleUsersRequest
        {
            Role = (string)http.Request.RouteValues["slug"]!,
            PageSize = query.Limit(Usual, Most),
            PageToken = query.FindText("after") ?? "",
        };
        query.Check();
        request.DirectoryId = (await access.GetAsync(http)).Id;
        var answer = await calls.SendAsync(http, call => users.ListRoleUsersAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Users, RoleJson.Write, after: answer.NextPageToken);
    }
}

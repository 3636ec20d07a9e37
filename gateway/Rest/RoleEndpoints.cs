using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using DirectorySync.Roles.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Rest;

/// <summary>/roles, and /organizations/{id}/role_guard.</summary>
internal sealed class RoleEndpoints(
    RoleService.RoleServiceClient roles, OrganizationService.OrganizationServiceClient organizations, ServiceCalls calls)
{
    private static readonly string[] Fields = ["name", "description", "priority", "protected", "assignable", "entitlement"];

    public async Task ListAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        var answer = await calls.SendAsync(http, call => roles.ListRolesAsync(new(), call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Roles, RoleJson.Write);
    }

    public async Task CreateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, ["slug", .. Fields]);
        var wanted = new Role { Slug = body.RequireText("slug") };
        Read(body, wanted);
        body.Check();
        var request = new CreateRoleRequest { Role = wanted, RequestId = RestCaller.Of(http).RequestId(http) };
        var answer = await calls.SendAsync(http, call => roles.CreateRoleAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status201Created, json => RoleJson.Write(json, answer.Role));
    }

    public async Task GetAsync(HttpContext http)
    {
        var request = new GetRoleRequest { Slug = SlugOf(http) };
        var answer = await calls.SendAsync(http, call => roles.GetRoleAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => RoleJson.Write(json, answer.Role));
    }

    public async Task UpdateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, Fields);
        var wanted = new Role { Slug = SlugOf(http) };
        var mask = Read(body, wanted);
        body.Check();
        var request = new UpdateRoleRequest { Role = wanted, UpdateMask = mask };
        var answer = await calls.SendAsync(http, call => roles.UpdateRoleAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => RoleJson.Write(json, answer.Role));
    }

    public async Task DeleteAsync(HttpContext http)
    {
        var request = new DeleteRoleRequest { Slug = SlugOf(http) };
        await calls.SendAsync(http, call => roles.DeleteRoleAsync(request, call).ResponseAsync);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task GetGuardAsync(HttpContext http)
    {
        var request = new GetRoleGuardRequest { OrganizationId = await OrganizationOfAsync(http) };
        var answer = await calls.SendAsync(http, call => roles.GetRoleGuardAsync(request, call).ResponseAsync);
        await AnswerAsync(http, answer.Guard);
    }

    public async Task UpdateGuardAsync(HttpContext http)
    {
        var guard = new RoleGuard { OrganizationId = await OrganizationOfAsync(http) };
        var body = await RestBody.ReadAsync(http, optional: false, "enabled");
        if (body.FindFlag("enabled") is { } enabled)
        {
            guard.Enabled = enabled;
        }
        else if (!body.Has("enabled"))
        {
            body.Refuse("enabled", "required", "is required: true or false.");
        }

        body.Check();
        var request = new UpdateRoleGuardRequest { Guard = guard };
        var answer = await calls.SendAsync(http, call => roles.UpdateRoleGuardAsync(request, call).ResponseAsync);
        await AnswerAsync(http, answer.Guard);
    }

    private static Task AnswerAsync(HttpContext http, RoleGuard guard) => RestResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "role_guard");
        json.WriteString("organization_id", guard.OrganizationId);
        json.WriteBoolean("enabled", guard.Enabled);
        json.WriteEndObject();
    });

    private async Task<string> OrganizationOfAsync(HttpContext http)
    {
        var id = (string)http.Request.RouteValues["id"]!;
        if (!RestCaller.Of(http).Sees(id))
        {
            throw RestErrors.NotFound("organization");
        }

        var request = new GetOrganizationRequest { Id = id };
        return (await calls.SendAsync(http, call => organizations.GetOrganizationAsync(request, call).ResponseAsync)).Organization.Id;
    }

    private static FieldMask Read(RestBody body, Role role)
    {
        role.Name = body.FindText("name") ?? "";
        role.Description = body.FindText("description", nullable: true) ?? "";
        role.Priority = body.FindNumber("priority") ?? 0;
        role.Protected = body.FindFlag("protected") ?? false;
        role.Entitlement = body.FindFlag("entitlement") ?? false;
        if (body.FindFlag("assignable") is { } assignable)
        {
            role.Assignable = assignable;
        }

        return new() { Paths = { Fields.Where(body.Has) } };
    }

    private static string SlugOf(HttpContext http) => (string)http.Request.RouteValues["slug"]!;
}

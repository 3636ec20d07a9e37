using DirectorySync.Gateway.Calls;
using DirectorySync.Roles.V1;

namespace DirectorySync.Gateway.Console.Rules;

/// <summary>What forms do with roles.</summary>
internal sealed class RoleForms(RoleService.RoleServiceClient roles, ServiceCalls calls)
{
    private const string Address = Pages.Console + "/roles";

    public async Task<IResult> CreateAsync(HttpContext http, Form form)
    {
        var role = Read(form);
        role.Slug = form.Require("slug", "The slug");
        form.Check();
        var request = new CreateRoleRequest { Role = role, RequestId = form.RequestId };
        await calls.SendAsync(http, call => roles.CreateRoleAsync(request, call).ResponseAsync);
        return Pages.See(Address, "saved");
    }

    public async Task<IResult> UpdateAsync(HttpContext http, Form form)
    {
        var role = Read(form);
        role.Slug = SlugOf(http);
        form.Check();
        var request = new UpdateRoleRequest { Role = role, UpdateMask = new() { Paths = { "name", "description", "priority", "protected", "assignable", "entitlement" } } };
        await calls.SendAsync(http, call => roles.UpdateRoleAsync(request, call).ResponseAsync);
        return Pages.See(Address, "saved");
    }

    public async Task<IResult> DeleteAsync(HttpContext http, Form form)
    {
        form.RequireConfirmation(SlugOf(http));
        form.Check();
        await Deletion.SendAsync(calls, http, call => roles.DeleteRoleAsync(new() { Slug = SlugOf(http) }, call).ResponseAsync);
        return Pages.See(Address, "deleted");
    }

    private static Role Read(Form form) => new()
    {
        Name = form.Require("name", "The name"), Description = form.Text("description"), Priority = form.Number("priority", "The priority", int.MinValue, int.MaxValue),
        Assignable = form.Flag("assignable"), Entitlement = form.Flag("entitlement"), Protected = form.Flag("protected"),
    };

    private static string SlugOf(HttpContext http) => (string)http.Request.RouteValues["slug"]!;
}

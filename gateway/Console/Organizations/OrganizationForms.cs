using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using DirectorySync.Roles.V1;

namespace DirectorySync.Gateway.Console.Organizations;

/// <summary>What forms do with organizations.</summary>
internal sealed class OrganizationForms(
    OrganizationService.OrganizationServiceClient organizations, RoleService.RoleServiceClient roles, OrganizationReads reads, ServiceCalls calls)
{
    public async Task<IResult> CreateAsync(HttpContext http, Form form)
    {
        var wanted = new Organization { Name = form.Require("name", "The name"), ExternalId = form.Text("external_id") };
        wanted.Domains.Add(form.Text("domains").Split([',', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(domain => new OrganizationDomain { Domain = domain }));
        form.Check();
        var request = new CreateOrganizationRequest { Organization = wanted, RequestId = form.RequestId };
        var answer = await calls.SendAsync(http, call => organizations.CreateOrganizationAsync(request, call).ResponseAsync);
        return Pages.See(Address(answer.Organization.Id), "organization-created");
    }

    public async Task<IResult> RenameAsync(HttpContext http, Form form)
    {
        var current = await reads.GetAsync(http, (string)http.Request.RouteValues["id"]!);
        var wanted = new Organization { Id = current.Id, Name = form.Require("name", "The name") };
        form.Check();
        var request = new UpdateOrganizationRequest { Organization = wanted, UpdateMask = { "name" } };
        await calls.SendAsync(http, call => organizations.UpdateOrganizationAsync(request, call).ResponseAsync);
        return Pages.See(Address(current.Id), "organization-renamed");
    }

    public async Task<IResult> DeleteAsync(HttpContext http, Form form)
    {
        var current = await reads.GetAsync(http, (string)http.Request.RouteValues["id"]!);
        form.RequireConfirmation(current.Name);
        form.Check();
        await Deletion.SendAsync(calls, http, call => organizations.DeleteOrganizationAsync(new() { Id = current.Id }, call).ResponseAsync);
        return Pages.See(Pages.Console, "organization-deleted");
    }

    /// <summary>The button says whether it is on.</summary>
    public async Task<IResult> SwitchGuardAsync(HttpContext http, Form form)
    {
        var current = await reads.GetAsync(http, (string)http.Request.RouteValues["id"]!);
        http.Features.Get<Audit.V1.Actor>()!.OrganizationId = current.Id;
        var request = new UpdateRoleGuardRequest { Guard = new() { OrganizationId = current.Id, Enabled = form.Flag("enabled") } };
        await calls.SendAsync(http, call => roles.UpdateRoleGuardAsync(request, call).ResponseAsync);
        return Pages.See(Address(current.Id), "saved");
    }

    private static string Address(string id) => $"{Pages.Console}/organizations/{id}";
}

using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Calls;

namespace DirectorySync.Gateway.Console.Installation;

/// <summary>What forms do with the definitions of attributes.</summary>
internal sealed class DefinitionForms(DefinitionService.DefinitionServiceClient definitions, ServiceCalls calls)
{
    private const string Address = Pages.Console + "/attributes";

    public async Task<IResult> CreateAsync(HttpContext http, Form form)
    {
        var request = new CreateDefinitionRequest
        {
            Definition = new()
            {
                Name = form.Require("name", "The name"), Type = form.Choice<DefinitionType>("type", "the type"), Description = form.Text("description"),
                Required = form.Flag("required"),
            },
        };
        form.Check();
        await calls.SendAsync(http, call => definitions.CreateDefinitionAsync(request, call).ResponseAsync);
        return Pages.See(Address, "saved");
    }

    /// <summary>The button says what changes.</summary>
    public async Task<IResult> UpdateAsync(HttpContext http, Form form)
    {
        var request = new UpdateDefinitionRequest { Definition = new() { Name = NameOf(http) }, UpdateMask = new() };
        if (form.Has("required"))
        {
            request.Definition.Required = form.Flag("required");
            request.UpdateMask.Paths.Add("required");
        }

        if (form.Has("enabled"))
        {
            request.Definition.Enabled = form.Flag("enabled");
            request.UpdateMask.Paths.Add("enabled");
        }

        await calls.SendAsync(http, call => definitions.UpdateDefinitionAsync(request, call).ResponseAsync);
        return Pages.See(Address, "saved");
    }

    public async Task<IResult> DeleteAsync(HttpContext http, Form form)
    {
        form.RequireConfirmation(NameOf(http));
        form.Check();
        await Deletion.SendAsync(calls, http, call => definitions.DeleteDefinitionAsync(new() { Name = NameOf(http) }, call).ResponseAsync);
        return Pages.See(Address, "deleted");
    }

    private static string NameOf(HttpContext http) => (string)http.Request.RouteValues["name"]!;
}

using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Rest;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DirectorySync.Gateway.Console;

/// <summary>Maps pages, and forms that lead from one page to another.</summary>
internal static class PageRoutes
{
    public static void MapPage<TPage>(
        this IEndpointRouteBuilder routes, string pattern, ConsoleRole role = ConsoleRole.Viewer, bool wholeDeployment = false)
        where TPage : IComponent =>
        routes.MapRead(pattern, () => new RazorComponentResult<TPage>()).WithMetadata(new RequiredRole(role, wholeDeployment));

    /// <summary>What a form sends. If it is refused, the page is shown again with what was typed and what is wrong with it.</summary>
    public static IEndpointConventionBuilder MapForm<TPage>(
        this IEndpointRouteBuilder routes,
        string pattern,
        Func<HttpContext, Form, Task<IResult>> submit,
        ConsoleRole role = ConsoleRole.Operator,
        bool wholeDeployment = false)
        where TPage : IComponent =>
        routes.MapPost(pattern, http => SubmitAsync<TPage>(http, submit)).WithMetadata(new RequiredRole(role, wholeDeployment));

    /// <summary>For forms of whoever they let in by themselves.</summary>
    public static async Task SubmitAsync<TPage>(HttpContext http, Func<HttpContext, Form, Task<IResult>> submit)
        where TPage : IComponent
    {
        var form = new Form(http.Request.HasFormContentType ? await http.Request.ReadFormAsync(http.RequestAborted) : FormCollection.Empty);
        IResult result;
        try
        {
            result = await submit(http, form);
        }
        catch (Exception e) when (http.RequestServices.GetRequiredService<RestErrors>().From(e) is var error && ConsoleErrors.IsRefusal(error))
        {
            result = Again<TPage>(http, form, error);
        }

        await result.ExecuteAsync(http);
    }

    public static IResult Again<TPage>(HttpContext http, Form form, RestError error)
        where TPage : IComponent
    {
        var visit = Visit.Of(http);
        (visit.Form, visit.Refusal) = (form, error);
        return new RazorComponentResult<TPage> { StatusCode = error.Status };
    }
}

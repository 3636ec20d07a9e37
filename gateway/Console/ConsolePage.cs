using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Console.Layout;
using Microsoft.AspNetCore.Components;

namespace DirectorySync.Gateway.Console;

/// <summary>What every page and part of one has at hand.</summary>
[Layout(typeof(ConsoleLayout))]
public abstract class ConsolePage : ComponentBase
{
    [CascadingParameter]
    public HttpContext Http { get; set; } = null!;

    internal Visit Visit => Visit.Of(Http);

    [Inject]
    internal ServiceCalls Calls { get; set; } = null!;

    /// <summary>A parameter of the path.</summary>
    protected string Route(string name) => (string)Http.Request.RouteValues[name]!;

    /// <summary>A parameter of the query; empty: not given.</summary>
    protected string Query(string name) => Http.Request.Query[name].ToString().Trim();

    internal bool May(ConsoleRole role, bool wholeDeployment = false) => Visit.May(role, wholeDeployment);

    /// <summary>Reads what the page shows. It is rendered once, afterwards.</summary>
    protected virtual Task LoadAsync() => Task.CompletedTask;

    public override async Task SetParametersAsync(ParameterView parameters)
    {
        parameters.SetParameterProperties(this);
        await LoadAsync();
        await base.SetParametersAsync(ParameterView.Empty);
    }
}

using System.Text.RegularExpressions;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Console;
using DirectorySync.Gateway.Rest;
using DirectorySync.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DirectorySync.Gateway.Tests.Console;

/// <summary>Every page and form that there is: a new one is tested without being listed anywhere.</summary>
[Collection(RunningGateway.Name)]
public sealed partial class ConsoleRouteTests(RunningGateway gateway)
{
    // What needs no session; the form of the theme changes a cookie only.
    private static readonly string[] Open = ["/console/assets/{version}/{name}", "/console/sign-in", "/console/sign-in/oidc", "/console/theme"];

    private static readonly List<RouteEndpoint> Routes = Read();

    [Fact]
    public void Every_route_says_what_it_asks_for()
    {
        var silent = Routes.Where(route => route.Metadata.GetMetadata<RequiredRole>() is null).Select(route => "/" + route.RoutePattern.RawText!.Trim('/'));

        Assert.Empty(silent.Except(Open));
        Assert.All(
            Routes.Where(route => Methods(route).Contains("POST") && route.RoutePattern.RawText != "/console/sign-out" && route.Metadata.GetMetadata<RequiredRole>() is not null),
            route => Assert.True(route.Metadata.GetMetadata<RequiredRole>()!.Role > ConsoleRole.Viewer, route.RoutePattern.RawText));
    }

    [Fact]
    public async Task Without_a_session_no_page_is_shown_and_no_form_is_taken()
    {
        using var browser = new ConsoleBrowser(gateway.Stack.GatewayUrl());
        foreach (var route in Routes.Where(route => route.Metadata.GetMetadata<RequiredRole>() is not null))
        {
            var answer = Methods(route).Contains("POST") ? await browser.PostAsync(Path(route)) : await browser.GetAsync(Path(route));

            Assert.Equal(303, answer.Code);
            Assert.StartsWith("/console/sign-in", answer.Location, StringComparison.Ordinal);
            Assert.Empty(answer.Html);
        }
    }

    [Theory]
    [InlineData("read", ConsoleRole.Viewer)]
    [InlineData("write", ConsoleRole.Operator)]
    public async Task Nobody_does_what_asks_for_a_higher_role(string scope, ConsoleRole role)
    {
        using var browser = await ConsoleBrowser.OpenAsync(gateway.Stack.GatewayUrl(), await gateway.CreateKeyAsync(scope));
        var token = ConsoleBrowser.TokenOf((await browser.GetAsync("/console")).Html);
        foreach (var route in Routes.Where(route => route.Metadata.GetMetadata<RequiredRole>()?.Role > role))
        {
            var answer = Methods(route).Contains("POST")
                ? await browser.PostAsync(Path(route), ("__RequestVerificationToken", token))
                : await browser.GetAsync(Path(route));

            Assert.True(answer.Code == 403, $"{route.RoutePattern.RawText}: {answer.Code}");
        }
    }

    [Fact]
    public async Task Whoever_sees_one_organization_does_nothing_to_the_whole_installation()
    {
        var own = await gateway.CreateOrganizationAsync("Own");
        using var browser = await ConsoleBrowser.OpenAsync(gateway.Stack.GatewayUrl(), await gateway.CreateKeyAsync("admin", own));
        var token = ConsoleBrowser.TokenOf((await browser.GetAsync("/console")).Html);
        foreach (var route in Routes.Where(route => route.Metadata.GetMetadata<RequiredRole>()?.WholeDeployment == true))
        {
            var answer = Methods(route).Contains("POST")
                ? await browser.PostAsync(Path(route), ("__RequestVerificationToken", token))
                : await browser.GetAsync(Path(route));

            Assert.True(answer.Code == 403, $"{route.RoutePattern.RawText}: {answer.Code}");
        }
    }

    private static IReadOnlyList<string> Methods(RouteEndpoint route) => route.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods;

    private static string Path(RouteEndpoint route) => Parameter().Replace(route.RoutePattern.RawText!, "01a20000-0000-7000-8000-000000000000");

    private static List<RouteEndpoint> Read()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.Configure<GatewayOptions>(options => options.AttributeMappingUrl = options.IdentityUrl = options.GroupMembershipUrl =
            options.RolesUrl = options.EventsUrl = new("http://127.0.0.1:1"));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddServiceClients().AddScim().AddRest();
        builder.AddConsole();
        var app = builder.Build();
        app.MapConsole();
        return
        [
            .. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
                .Where(route => route.RoutePattern.RawText!.StartsWith("/console", StringComparison.Ordinal)),
        ];
    }

    [GeneratedRegex(@"\{[a-z_]+\}")]
    private static partial Regex Parameter();
}

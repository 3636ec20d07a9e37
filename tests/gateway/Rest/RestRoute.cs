using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Rest;
using DirectorySync.Gateway.Scim;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace DirectorySync.Gateway.Tests.Rest;

/// <summary>The routes of the REST API as the gateway maps them: a new one is tested without being listed anywhere.</summary>
internal sealed record RestRoute(string Method, string Pattern, RequiredScope Required)
{
    public static IReadOnlyList<RestRoute> All { get; } = Read();

    public static TheoryData<string, string> Names
    {
        get
        {
            var names = new TheoryData<string, string>();
            foreach (var route in All)
            {
                names.Add(route.Method, route.Pattern);
            }

            return names;
        }
    }

    public static RestRoute Find(string method, string pattern) => All.Single(route => (route.Method, route.Pattern) == (method, pattern));

    /// <summary>The path with each parameter replaced by its value; fails for one that has none.</summary>
    public string Path(IReadOnlyDictionary<string, string> values) => string.Join('/', Pattern.Split('/').Select((part, i) =>
        part.StartsWith('{') ? values[$"{(part == "{id}" ? Pattern.Split('/')[i - 1] : "")}{part}"] : part));

    private static List<RestRoute> Read()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Services.Configure<GatewayOptions>(options => options.AttributeMappingUrl = options.IdentityUrl = options.GroupMembershipUrl =
            options.RolesUrl = options.EventsUrl = new("http://127.0.0.1:1"));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddServiceClients().AddScim().AddRest();
        var app = builder.Build();
        app.MapRest();
        return
        [
            .. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().Select(endpoint => new RestRoute(
                Assert.Single(endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods, method => method != "HEAD"),
                endpoint.RoutePattern.RawText!,
                endpoint.Metadata.GetRequiredMetadata<RequiredScope>())),
        ];
    }
}

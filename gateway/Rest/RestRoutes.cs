using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>The REST API on one screen.</summary>
internal static class RestRoutes
{
    public static IServiceCollection AddRest(this IServiceCollection services) => services
        .AddSingleton<KeyAuthentication>()
        .AddSingleton<PublicAddress>()
        .AddSingleton<OrganizationEndpoints>()
        .AddSingleton<DirectoryLookup>()
        .AddSingleton<DirectoryJson>()
        .AddSingleton<DirectoryEndpoints>()
        .AddSingleton<ProblemEndpoints>()
        .AddSingleton<TokenEndpoints>()
        .AddSingleton<KeyEndpoints>();

    public static void MapRest(this WebApplication app)
    {
        var read = app.MapGroup("").WithMetadata(new RequiredScope(ApiKeyScope.Read));
        var write = app.MapGroup("").WithMetadata(new RequiredScope(ApiKeyScope.Write));
        var admin = app.MapGroup("").WithMetadata(new RequiredScope(ApiKeyScope.Admin));

        var organizations = app.Services.GetRequiredService<OrganizationEndpoints>();
        read.MapGet("/organizations", organizations.ListAsync);
        read.MapGet("/organizations/{id}", organizations.GetAsync);
        read.MapGet("/organizations/external_id/{externalId}", organizations.GetByExternalIdAsync);
        write.MapPost("/organizations", organizations.CreateAsync);
        write.MapPut("/organizations/{id}", organizations.UpdateAsync);
        write.MapDelete("/organizations/{id}", organizations.DeleteAsync);

        var directories = app.Services.GetRequiredService<DirectoryEndpoints>();
        read.MapGet("/directories", directories.ListAsync);
        read.MapGet("/directories/{id}", directories.GetAsync);
        write.MapPost("/directories", directories.CreateAsync);
        write.MapMethods("/directories/{id}", ["PATCH", "PUT"], directories.UpdateAsync);
        admin.MapDelete("/directories/{id}", directories.DeleteAsync);

        var problems = app.Services.GetRequiredService<ProblemEndpoints>();
        read.MapGet("/directories/{id}/problems", problems.ListAsync);
        read.MapGet("/directories/{id}/unresolved_members", problems.ListUnresolvedMembersAsync);

        var tokens = app.Services.GetRequiredService<TokenEndpoints>();
        read.MapGet("/directories/{id}/tokens", tokens.ListAsync);
        admin.MapPost("/directories/{id}/tokens", tokens.CreateAsync);
        admin.MapDelete("/directories/{id}/tokens/{tokenId}", tokens.RevokeAsync);

        var keys = app.Services.GetRequiredService<KeyEndpoints>();
        admin.MapGet("/api_keys", keys.ListAsync);
        admin.MapPost("/api_keys", keys.CreateAsync);
        admin.MapDelete("/api_keys/{id}", keys.RevokeAsync);
    }
}

using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Chassis.Keys;
using DirectorySync.Identity;
using DirectorySync.Identity.Credentials;
using DirectorySync.Identity.Directories;
using DirectorySync.Identity.Organizations;
using DirectorySync.Identity.Portal;
using DirectorySync.Identity.Requests;
using DirectorySync.Identity.Users;

var builder = WebApplication.CreateBuilder(args).AddChassis("identity").AddRedisCache();
builder.Services.AddOptions<IdentityOptions>().BindConfiguration("Identity").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<OrganizationStore>().AddSingleton<DirectoryStore>().AddSingleton<ProblemStore>();
builder.Services.AddSingleton<ScimTokenStore>().AddSingleton<ApiKeyStore>();
builder.Services.AddSingleton<UserStore>().AddSingleton<UserCache>().AddSingleton<UserList>().AddSingleton<RememberedTerms>();
builder.Services.AddSingleton<CredentialUse>().AddHostedService(services => services.GetRequiredService<CredentialUse>());
builder.Services.AddSingleton<DirectoryRemoval>().AddHostedService(services => services.GetRequiredService<DirectoryRemoval>());
builder.Services.AddSingleton<DirectoryAlerts>().AddHostedService(services => services.GetRequiredService<DirectoryAlerts>());
builder.Services.AddSingleton<UserErasure>().AddHostedService(services => services.GetRequiredService<UserErasure>());
builder.AddStoredKeys();
builder.Services.AddHostedService<CountFolding>();
builder.Services.AddSingleton<RequestLogStore>().AddSingleton<RequestErasure>().AddHostedService<RequestLogKeeping>();
builder.Services.AddSingleton<PortalLinkStore>().AddHostedService<PortalLinkKeeping>();
builder.Services.AddChangeFeed(FeedSources.Organizations, FeedSources.Directories, FeedSources.ScimTokens, FeedSources.Users,
    FeedSources.ErasedUsers, FeedSources.Alerts);
builder.Services.AddSingleton<ExceptionTranslation>(UserErrors.Translate);
if (args is [CreateApiKeyCommand.Name, ..])
{
    return await builder.LogToStandardError().Build().CreateApiKeyAsync();
}

var app = builder.Build();
app.MapGrpcService<OrganizationRpc>();
app.MapGrpcService<DirectoryRpc>();
app.MapGrpcService<CredentialRpc>();
app.MapGrpcService<PortalLinkRpc>();
app.MapGrpcService<UserRpc>();
app.MapGrpcService<RequestLogRpc>();
app.MapKeyRing();
app.MapChangeFeed();
return await app.RunChassisAsync(args);

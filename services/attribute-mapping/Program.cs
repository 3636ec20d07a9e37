using DirectorySync.AttributeMapping;
using DirectorySync.AttributeMapping.Definitions;
using DirectorySync.AttributeMapping.Inventory;
using DirectorySync.AttributeMapping.Mappings;
using DirectorySync.AttributeMapping.Profiles;
using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Identity.V1;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(args).AddChassis("attribute-mapping").AddRedisCache();
builder.Services.AddOptions<AttributeMappingOptions>().BindConfiguration("AttributeMapping").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<ExceptionTranslation>(Inputs.Translate);
builder.Services.AddSingleton<DefinitionStore>().AddSingleton<MappingStore>().AddSingleton<Plans>();
builder.Services.AddSingleton<Preview>().AddSingleton<Diagnoses>().AddSingleton<InventoryStore>();
builder.Services.AddSingleton<ProfileStore>().AddSingleton<ProfileCache>().AddSingleton<UserChanges>();
builder.Services.AddServiceClient<DirectoryService.DirectoryServiceClient>(IdentityUrl);
builder.Services.AddServiceClient<UserService.UserServiceClient>(IdentityUrl);
builder.Services.AddSingleton<DirectoryRows>().AddSingleton<KnownDirectories>().AddHostedService<Housekeeping>();
builder.Services.AddSingleton<Followers>().AddSingleton<Recomputer>().AddHostedService(services => services.GetRequiredService<Recomputer>());
builder.Services.AddSingleton<FeedSources>().AddChangeFeed(
    services => services.GetRequiredService<FeedSources>().ListDefinitionsAsync,
    services => services.GetRequiredService<FeedSources>().ListMappingsAsync,
    services => services.GetRequiredService<FeedSources>().ListProfilesAsync);
builder.Services.AddSingleton<IdentityFeed>().AddFeedConsumer(
    "identity", IdentityUrl, services => services.GetRequiredService<IdentityFeed>().Effect);

var app = builder.Build();
app.MapGrpcService<DefinitionRpc>();
app.MapGrpcService<MappingRpc>();
app.MapGrpcService<ProfileRpc>();
app.MapChangeFeed();
return await app.RunChassisAsync(args);

static Uri IdentityUrl(IServiceProvider services) =>
    services.GetRequiredService<IOptions<AttributeMappingOptions>>().Value.IdentityUrl!;

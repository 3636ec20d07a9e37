using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Identity.V1;
using DirectorySync.Roles;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(args).AddChassis("roles").AddRedisCache();
builder.Services.AddOptions<RolesOptions>().BindConfiguration("Roles").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<ExceptionTranslation>(Inputs.Translate);
builder.Services.AddHostedService<RoleColumns>().AddSingleton<OfferedRoles>();
builder.Services.AddSingleton<RoleStore>().AddSingleton<GuardStore>();
builder.Services.AddSingleton<RulesStore>().AddSingleton<RulesPreview>().AddSingleton<ProblemStore>();
builder.Services.AddSingleton<CacheTrust>().AddHostedService(services => services.GetRequiredService<CacheTrust>());
builder.Services.AddSingleton<UserRolesStore>().AddSingleton<UserRolesCache>();
builder.Services.AddSingleton<Recalculation>().AddSingleton<RecomputationQueue>();
builder.Services.AddSingleton<RecomputationWorker>().AddHostedService(services => services.GetRequiredService<RecomputationWorker>());
builder.Services.AddServiceClient<DirectoryService.DirectoryServiceClient>(services => Options(services).IdentityUrl!);
builder.Services.AddServiceClient<UserService.UserServiceClient>(services => Options(services).IdentityUrl!);
builder.Services.AddSingleton<KnownDirectories>().AddSingleton<DirectoryStore>().AddHostedService<Housekeeping>();
builder.Services.AddSingleton<Freshness>().AddHostedService(services => services.GetRequiredService<Freshness>());
builder.Services.AddSingleton<FeedSources>().AddChangeFeed(
    services => services.GetRequiredService<FeedSources>().ListRolesAsync,
    services => services.GetRequiredService<FeedSources>().ListUserRolesAsync);
builder.Services.AddSingleton<IdentityFeed>().AddFeedConsumer(
    "identity", services => Options(services).IdentityUrl!, services => services.GetRequiredService<IdentityFeed>().Effect);
builder.Services.AddSingleton<ProfileFeed>().AddFeedConsumer(
    "attribute-mapping", services => Options(services).AttributeMappingUrl!, services => services.GetRequiredService<ProfileFeed>().Effect);
builder.Services.AddSingleton<GroupFeed>().AddFeedConsumer(
    "group-membership", services => Options(services).GroupMembershipUrl!, services => services.GetRequiredService<GroupFeed>().Effect);

var app = builder.Build();
app.MapGrpcService<RoleRpc>();
app.MapGrpcService<RoleRulesRpc>();
app.MapGrpcService<UserRolesRpc>();
app.MapChangeFeed();
return await app.RunChassisAsync(args);

static RolesOptions Options(IServiceProvider services) => services.GetRequiredService<IOptions<RolesOptions>>().Value;

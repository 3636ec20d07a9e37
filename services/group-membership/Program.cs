using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Hosting;
using DirectorySync.GroupMembership;
using DirectorySync.Identity.V1;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(args).AddChassis("group-membership").AddRedisCache();
builder.Services.AddOptions<GroupMembershipOptions>().BindConfiguration("GroupMembership").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<ExceptionTranslation>(GroupRules.Translate);
builder.Services.AddServiceClient<UserService.UserServiceClient>(IdentityUrl);
builder.Services.AddSingleton<GroupStore>().AddSingleton<MemberStore>().AddSingleton<UserGroupsCache>();
builder.Services.AddSingleton<GroupSearch>().AddSingleton<ProblemStore>();
builder.Services.AddSingleton<MemberResolution>().AddSingleton<GroupWriter>().AddSingleton<UserDeletions>().AddSingleton<LongWork>();
builder.Services.AddSingleton<DirectoryStore>().AddHostedService<Housekeeping>();
builder.Services.AddSingleton<FeedSources>().AddChangeFeed(
    services => services.GetRequiredService<FeedSources>().ListGroupsAsync,
    services => services.GetRequiredService<FeedSources>().ListMembershipsAsync);
builder.Services.AddSingleton<IdentityFeed>().AddFeedConsumer(
    "identity", IdentityUrl, services => services.GetRequiredService<IdentityFeed>().Effect);

var app = builder.Build();
app.MapGrpcService<GroupRpc>();
app.MapChangeFeed();
return await app.RunChassisAsync(args);

static Uri IdentityUrl(IServiceProvider services) =>
    services.GetRequiredService<IOptions<GroupMembershipOptions>>().Value.IdentityUrl!;

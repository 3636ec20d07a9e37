using DirectorySync.Chassis.Hosting;
using DirectorySync.GroupMembership;
using DirectorySync.Identity.V1;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(args).AddChassis("group-membership");
builder.Services.AddOptions<GroupMembershipOptions>().BindConfiguration("GroupMembership").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddServiceClient<UserService.UserServiceClient>(IdentityUrl);
builder.Services.AddSingleton<GroupStore>().AddSingleton<MemberStore>().AddSingleton<GroupSearch>().AddSingleton<ProblemStore>();
builder.Services.AddSingleton<MemberResolution>().AddSingleton<GroupWriter>().AddSingleton<UserDeletions>();

var app = builder.Build();
app.MapGrpcService<GroupRpc>();
return await app.RunChassisAsync(args);

static Uri IdentityUrl(IServiceProvider services) =>
    services.GetRequiredService<IOptions<GroupMembershipOptions>>().Value.IdentityUrl!;

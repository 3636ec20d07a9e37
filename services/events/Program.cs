using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Chassis.Keys;
using DirectorySync.Events;
using DirectorySync.Events.Adoption;
using DirectorySync.Events.Alerts;
using DirectorySync.Events.Erasure;
using DirectorySync.Events.Folding;
using DirectorySync.Events.Invitations;
using DirectorySync.Events.Mail;
using DirectorySync.Events.Reading;
using DirectorySync.Events.Reconciling;
using DirectorySync.Events.Telling;
using DirectorySync.Events.Webhooks;
using DirectorySync.Identity.V1;
using Microsoft.Extensions.Options;

var builder = WebApplication.CreateBuilder(args).AddChassis("events");
builder.Services.AddOptions<EventsOptions>().BindConfiguration("Events").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddSingleton<ExceptionTranslation>(Inputs.Translate);
builder.Services.AddServiceClient<DirectoryService.DirectoryServiceClient>(services => Options(services).IdentityUrl!);
builder.Services.AddSingleton<KnownDirectories>();
builder.Services.AddSingleton<TellerSignal>().AddSingleton<EventLog>();
builder.Services.AddSingleton<Teller>().AddHostedService(services => services.GetRequiredService<Teller>());
builder.Services.AddSingleton<Housekeeping>().AddHostedService(services => services.GetRequiredService<Housekeeping>());
builder.Services.AddSingleton<EventsMetrics>().AddHostedService(services => services.GetRequiredService<EventsMetrics>());
builder.Services.AddSingleton<EventStore>().AddSingleton<ReadModelStore>().AddSingleton<DifferenceStore>()
    .AddSingleton<PolicyPreview>().AddSingleton<SnapshotStore>();
builder.Services.AddOptions<WebhookOptions>().BindConfiguration("Webhooks");
builder.AddStoredKeys();
builder.Services.AddSingleton<WebhookSecrets>().AddHostedService(services => services.GetRequiredService<WebhookSecrets>());
builder.Services.AddSingleton<WebhookStore>().AddSingleton<WebhookSender>().AddSingleton<LaneStore>().AddSingleton<LaneRepairs>();
builder.Services.AddHostedService<Deliverer>();
builder.Services.AddSingleton<ReconciliationStore>().AddSingleton<AdoptionStore>();
builder.Services.AddSingleton<Reconciler>().AddHostedService(services => services.GetRequiredService<Reconciler>());
builder.Services.AddSingleton<IValidateOptions<MailOptions>, MailOptionsValidator>();
builder.Services.AddOptions<MailOptions>().BindConfiguration("Mail").ValidateOnStart();
builder.Services.AddSingleton<InvitationStore>().AddSingleton<TemplateStore>().AddHostedService<Inviter>();
builder.Services.AddSingleton<IValidateOptions<AlertOptions>, AlertOptionsValidator>();
builder.Services.AddOptions<AlertOptions>().BindConfiguration("Alerts").ValidateOnStart();
builder.Services.AddSingleton<AlertStore>().AddSingleton<AlertMailer>();
builder.Services.AddSingleton<AlertWatch>().AddHostedService(services => services.GetRequiredService<AlertWatch>());
builder.Services.AddSingleton<LogEraser>().AddHostedService(services => services.GetRequiredService<LogEraser>());
builder.Services.AddSingleton<UserFolding>().AddSingleton<DirectoryRows>().AddSingleton<TokenRows>();
builder.Services.AddSingleton<IdentityFeed>().AddFeedConsumer(
    "identity", services => Options(services).IdentityUrl!, services => services.GetRequiredService<IdentityFeed>().Effect);
builder.Services.AddSingleton<ProfileFeed>().AddFeedConsumer(
    "attribute-mapping", services => Options(services).AttributeMappingUrl!, services => services.GetRequiredService<ProfileFeed>().Effect);
builder.Services.AddSingleton<RolesFeed>().AddFeedConsumer(
    "roles", services => Options(services).RolesUrl!, services => services.GetRequiredService<RolesFeed>().Effect);
builder.Services.AddSingleton<GroupFeed>().AddFeedConsumer(
    "group-membership", services => Options(services).GroupMembershipUrl!, services => services.GetRequiredService<GroupFeed>().Effect);

var app = builder.Build();
app.MapGrpcService<EventRpc>();
app.MapGrpcService<ReadModelRpc>();
app.MapGrpcService<WebhookRpc>();
app.MapGrpcService<ReconciliationRpc>();
app.MapGrpcService<AdoptionRpc>();
app.MapGrpcService<InvitationRpc>();
app.MapGrpcService<AlertRpc>();
return await app.RunChassisAsync(args);

static EventsOptions Options(IServiceProvider services) => services.GetRequiredService<IOptions<EventsOptions>>().Value;

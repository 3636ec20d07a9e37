using DirectorySync.Chassis.Hosting;
using DirectorySync.Gateway;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Internal;
using DirectorySync.Gateway.Rest;
using DirectorySync.Gateway.Scim;

var builder = WebApplication.CreateBuilder(args).AddTelemetry("gateway").AddListeners();
builder.Services.AddGatewayOptions();
builder.Services.AddServiceClients();
builder.Services.AddScim();
builder.Services.AddRest();
builder.AddInternalCallers();

var app = builder.Build();
app.UseRequestIds();
app.UseRequestTimes();
app.UseSecurityHeaders();
app.MapInternalCallers();
app.UseMiddleware<RestAnswers>();
app.UseMiddleware<ScimAnswers>();
app.UseMiddleware<WorkLimit>();
app.UseRouting();
app.UseMiddleware<ScimAuthentication>();
app.MapHealth();
app.MapScim();
app.MapRest();
app.Run();

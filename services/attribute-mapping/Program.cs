using DirectorySync.AttributeMapping;
using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Hosting;

var builder = WebApplication.CreateBuilder(args).AddChassis("attribute-mapping").AddRedisCache();
builder.Services.AddOptions<AttributeMappingOptions>().BindConfiguration("AttributeMapping").ValidateDataAnnotations().ValidateOnStart();
builder.Services.AddChangeFeed();

var app = builder.Build();
app.MapChangeFeed();
return await app.RunChassisAsync(args);

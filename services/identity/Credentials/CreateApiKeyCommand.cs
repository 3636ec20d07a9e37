using DirectorySync.Chassis;
using DirectorySync.Chassis.Audit;
using Grpc.Core;
using Microsoft.Extensions.Logging.Console;

namespace DirectorySync.Identity.Credentials;

/// <summary>
/// `create-api-key --name N --scopes read,write,admin [--organization ID]`: how an operator gets the first key. Prints the key and nothing
/// else on the standard output.
/// </summary>
internal static class CreateApiKeyCommand
{
    public const string Name = "create-api-key";

    /// <summary>Keeps the log out of the standard output.</summary>
    public static WebApplicationBuilder LogToStandardError(this WebApplicationBuilder builder)
    {
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        return builder;
    }

    public static async Task<int> CreateApiKeyAsync(this WebApplication app)
    {
        var configuration = app.Configuration;
        var ct = app.Lifetime.ApplicationStopping;
        try
        {
            var scopes = (configuration["scopes"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            await SchemaMigration.ApplyAsync(
                configuration.GetConnectionString("Postgres") ?? throw new InvalidOperationException("ConnectionStrings:Postgres is not set."),
                typeof(CreateApiKeyCommand).Assembly,
                app.Logger,
                ct);
            AuditLog.BeginCommand(Name);
            var (_, secret) = await app.Services.GetRequiredService<ApiKeyStore>().CreateAsync(
                new()
                {
                    Name = configuration["name"] ?? "",
                    OrganizationId = configuration["organization"] ?? "",
                    Scopes = { scopes.Select(Scope) },
                },
                ct);
            await Console.Out.WriteLineAsync(secret.Text);
            return 0;
        }
        catch (RpcException e)
        {
            await Console.Error.WriteLineAsync(e.Status.Detail);
            await Console.Error.WriteLineAsync($"Usage: {Name} --name NAME --scopes read,write,admin [--organization ID]");
            return 2;
        }
    }

    private static ApiKeyScope Scope(string name) =>
        Enum.TryParse<ApiKeyScope>(name, ignoreCase: true, out var scope) ? scope : ApiKeyScope.Unspecified;
}

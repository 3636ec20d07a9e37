using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DirectorySync.Chassis.Keys;

/// <summary>
/// ASP.NET Data Protection with keys in PostgreSQL. DataProtection:Certificate and :Key name PEM files with which the keys are encrypted there:
/// then a copy of the database opens nothing. :Previous names pairs that were used before ("old.crt,old.key;…").
/// </summary>
public static class KeyProtection
{
    private const string Application = "directory-sync";

    /// <summary>Keys in the service's own database.</summary>
    public static IServiceCollection AddStoredKeys(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<StoredKeys>();
        return builder.AddKeys(services => services.GetRequiredService<StoredKeys>());
    }

    /// <summary>Keys that another service keeps.</summary>
    public static IServiceCollection AddKeys(this WebApplicationBuilder builder, Func<IServiceProvider, IXmlRepository> repository)
    {
        var protection = builder.Services.AddDataProtection().SetApplicationName(Application);
        // Whoever needs a key gets the exception; at the start nobody does, and who keeps the keys may start later.
        builder.Logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.KeyRingProvider", LogLevel.None);
        builder.Services.AddSingleton<IConfigureOptions<KeyManagementOptions>>(services =>
            new ConfigureOptions<KeyManagementOptions>(options => options.XmlRepository = repository(services)));
        if (builder.Configuration["DataProtection:Certificate"] is { Length: > 0 } certificate)
        {
            protection.ProtectKeysWithCertificate(Read(certificate, builder.Configuration["DataProtection:Key"] ?? certificate));
            protection.UnprotectKeysWithAnyCertificate([
                .. (builder.Configuration["DataProtection:Previous"] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                    .Select(pair => pair.Split(',', StringSplitOptions.TrimEntries))
                    .Select(pair => Read(pair[0], pair[^1])),
            ]);
        }

        return builder.Services;
    }

    /// <summary>Serves the keys in the service's database to a process that has none.</summary>
    public static IEndpointConventionBuilder MapKeyRing(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<KeyRingRpc>();

    private static X509Certificate2 Read(string certificate, string key) => X509Certificate2.CreateFromPemFile(certificate, key);
}

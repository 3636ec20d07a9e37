using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace DirectorySync.Chassis.Tls;

/// <summary>TLS between the processes of the system, both sides with certificates.</summary>
public static class TlsHosting
{
    /// <summary>For connections that the process opens.</summary>
    internal static IServiceCollection AddTlsFiles(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => TlsOptions.Read(provider.GetService<IConfiguration>() ?? new ConfigurationBuilder().Build()));
        services.TryAddSingleton<CertificateFiles>();
        return services;
    }

    /// <summary>For connections that it accepts: https listeners demand a certificate.</summary>
    internal static void AddTlsListeners(this WebApplicationBuilder builder)
    {
        builder.Services.AddTlsFiles();
        var options = TlsOptions.Read(builder.Configuration);
        if (!options.IsOn)
        {
            return;
        }

        builder.Services.AddSingleton(new CallerRules(options.Callers));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureHttpsDefaults(https =>
        {
            var files = kestrel.ApplicationServices.GetRequiredService<CertificateFiles>();
            https.ServerCertificateSelector = (_, _) => files.Own;
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.OnAuthenticate = (_, ssl) => ssl.AllowTlsResume = false;
            https.ClientCertificateValidation = (certificate, _, _) => files.IsCaller(certificate);
        }));
    }

    /// <summary>Lets callers in by their certificates, and refuses to listen in plaintext where nobody said that it may.</summary>
    internal static void UseTlsCallers(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<TlsOptions>();
        if (options.IsOn)
        {
            app.UseMiddleware<CallerAccess>();
            return;
        }

        foreach (var endpoint in app.Configuration.GetSection("Kestrel:Endpoints").GetChildren())
        {
            if (endpoint["Url"] is { } url)
            {
                options.Check(new Uri(url.Replace("*", "any.invalid", StringComparison.Ordinal).Replace("+", "any.invalid", StringComparison.Ordinal)), $"{endpoint.Path}:Url");
            }
        }
    }

    /// <summary>What the handler of connections to services needs; nothing where they are plaintext.</summary>
    public static void UseTls(this IServiceProvider services, SocketsHttpHandler handler)
    {
        if (services.GetRequiredService<TlsOptions>().IsOn)
        {
            handler.SslOptions = services.GetRequiredService<CertificateFiles>().ClientOptions();
        }
    }

    /// <summary>True: dns:/// addresses are called with TLS.</summary>
    public static bool IsTlsOn(this IServiceProvider services) => services.GetRequiredService<TlsOptions>().IsOn;
}

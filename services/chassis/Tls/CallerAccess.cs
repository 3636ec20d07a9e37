using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Tls;

/// <summary>Refuses calls that the name in the caller's certificate may not make. On a listener without TLS only health is answered.</summary>
internal sealed class CallerAccess(RequestDelegate next, CallerRules rules, ILogger<CallerAccess> logger)
{
    private static readonly object Key = new();

    public Task InvokeAsync(HttpContext http)
    {
        var name = Find(http);
        var path = http.Request.Path.Value ?? "";
        if (rules.Allow(name, path))
        {
            return next(http);
        }

        logger.CallerRefused(name ?? "", path);
        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-status"] = ((int)StatusCode.PermissionDenied).ToString(CultureInfo.InvariantCulture);
        http.Response.Headers["grpc-message"] = Uri.EscapeDataString(
            name is null ? "A client certificate is required." : $"The certificate of {name} does not allow this method.");
        return Task.CompletedTask;
    }

    /// <summary>The name in the certificate that the connection was opened with; null: none. Looked up once a connection.</summary>
    public static string? Find(HttpContext http)
    {
        var items = http.Features.Get<IConnectionItemsFeature>()?.Items;
        if (items is not null && items.TryGetValue(Key, out var known))
        {
            return (string?)known;
        }

        var name = http.Connection.ClientCertificate?.GetNameInfo(X509NameType.SimpleName, forIssuer: false);
        items?[Key] = name;
        return name;
    }
}

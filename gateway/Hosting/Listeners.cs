namespace DirectorySync.Gateway.Hosting;

/// <summary>Where the gateway listens, and the limits that hold before a request has a route.</summary>
internal static class Listeners
{
    /// <summary>
    /// Kestrel:Endpoints:Http serves SCIM and REST, Kestrel:Endpoints:Grpc internal gRPC callers over HTTP/2 without TLS.
    /// </summary>
    public static WebApplicationBuilder AddListeners(this WebApplicationBuilder builder)
    {
        SetProtocols(builder.Configuration, "Http", plain: "Http1", secure: "Http1AndHttp2");
        SetProtocols(builder.Configuration, "Grpc", plain: "Http2", secure: "Http2");
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Each route has its own limit, which answers in the route's own form.
            kestrel.Limits.MaxRequestBodySize = null;
            // Filters travel in the request line; too long a filter is answered by SCIM, not by the server's empty 414.
            kestrel.Limits.MaxRequestLineSize = 64 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
            kestrel.Limits.MaxRequestHeaderCount = 100;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(20);
            // Who sends or reads more slowly holds a place that others need; after the first seconds that is no connection worth keeping.
            kestrel.Limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.MinResponseDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(5));
            kestrel.Limits.MaxConcurrentConnections = builder.Configuration.GetValue("Gateway:ConnectionLimit", new GatewayOptions().ConnectionLimit);
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.Services.AddSingleton(TimeProvider.System);
        return builder;
    }

    private static void SetProtocols(ConfigurationManager configuration, string endpoint, string plain, string secure)
    {
        var key = $"Kestrel:Endpoints:{endpoint}";
        if (configuration[key + ":Url"] is { } url && configuration[key + ":Protocols"] is null)
        {
            configuration[key + ":Protocols"] = url.StartsWith("https:", StringComparison.OrdinalIgnoreCase) ? secure : plain;
        }
    }
}

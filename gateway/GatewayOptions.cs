using DirectorySync.Gateway.Hosting;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway;

/// <summary>All that can be set about the gateway (section "Gateway").</summary>
internal sealed class GatewayOptions
{
    /// <summary>gRPC address of identity, for example http://127.0.0.1:5101 or dns:///identity:8080.</summary>
    public Uri? IdentityUrl { get; set; }

    /// <summary>gRPC address of attribute-mapping.</summary>
    public Uri? AttributeMappingUrl { get; set; }

    /// <summary>gRPC address of group-membership.</summary>
    public Uri? GroupMembershipUrl { get; set; }

    /// <summary>gRPC address of roles.</summary>
    public Uri? RolesUrl { get; set; }

    /// <summary>gRPC address of events.</summary>
    public Uri? EventsUrl { get; set; }

    /// <summary>What clients see: the start of every SCIM base URL and meta.location. Unset: as each request was addressed.</summary>
    public Uri? PublicUrl { get; set; }

    /// <summary>Largest SCIM body other than a group's, and largest REST body, in bytes.</summary>
    public int BodyLimit { get; set; } = 1024 * 1024;

    /// <summary>Largest body of a SCIM group, in bytes: 100,000 members with their names fit.</summary>
    public int GroupBodyLimit { get; set; } = 32 * 1024 * 1024;

    /// <summary>Longest filter, in characters.</summary>
    public int FilterLengthLimit { get; set; } = 8000;

    /// <summary>Requests in work at once; more are told to come again.</summary>
    public int ConcurrencyLimit { get; set; } = 2000;

    /// <summary>How long a request is tried again while a service is away.</summary>
    public TimeSpan RetryWindow { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest call of a service.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Longest call that carries a whole group.</summary>
    public TimeSpan GroupCallTimeout { get; set; } = TimeSpan.FromSeconds(50);

    /// <summary>How long all calls for one request may take together. Okta closes its connection after 60 seconds.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(50);

    /// <summary>Seconds after which a client may come again when a service is away.</summary>
    public int RetryAfterSeconds { get; set; } = 30;

    /// <summary>Status for Okta when a service is away. 429 is what Okta documents to retry by itself.</summary>
    public int UnavailableStatusForOkta { get; set; } = StatusCodes.Status429TooManyRequests;

    /// <summary>Status for everybody else when a service is away.</summary>
    public int UnavailableStatus { get; set; } = StatusCodes.Status503ServiceUnavailable;

    /// <summary>How long an accepted token or key is taken for valid without asking again; at most a second.</summary>
    public TimeSpan CredentialMemory { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Keep a log of each directory's SCIM requests, for seven days.</summary>
    public bool RequestLog { get; set; } = true;

    /// <summary>Bytes that the log keeps of a request's body, and as many of its answer; 0: none of either.</summary>
    public int LoggedBodyBytes { get; set; } = 8 * 1024;

    /// <summary>Wrong credentials per endpoint and address that are answered at once; further ones at one a second.</summary>
    public int FailedCredentialsBurst { get; set; } = 20;

    /// <summary>gRPC calls that an API key may begin in a second, at each replica.</summary>
    public int CallRate { get; set; } = 2000;

    /// <summary>As many more at once, after a rest.</summary>
    public int CallBurst { get; set; } = 4000;

    /// <summary>Tell programs such as grpcurl, with an API key, what methods there are.</summary>
    public bool Reflection { get; set; }

    /// <summary>
    /// Proxies in front, as addresses or networks ("10.0.0.0/8, 192.168.1.4"): only of these is X-Forwarded-For believed, and X-Forwarded-Proto.
    /// </summary>
    public string TrustedProxies { get; set; } = "";

    /// <summary>Connections at once; more are closed.</summary>
    public int ConnectionLimit { get; set; } = 10_000;
}

/// <summary>Refuses to start with settings that cannot work.</summary>
internal sealed class GatewayOptionsValidator : IValidateOptions<GatewayOptions>
{
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        var failures = new List<string>();
        CheckService(failures, "Gateway:AttributeMappingUrl", options.AttributeMappingUrl);
        CheckService(failures, "Gateway:IdentityUrl", options.IdentityUrl);
        CheckService(failures, "Gateway:GroupMembershipUrl", options.GroupMembershipUrl);
        CheckService(failures, "Gateway:RolesUrl", options.RolesUrl);
        CheckService(failures, "Gateway:EventsUrl", options.EventsUrl);
        Check(failures, options.PublicUrl is null or { IsAbsoluteUri: true, Scheme: "http" or "https", Query: "" },
            $"PUBLIC_URL must be an http or https address such as https://sync.example.com, not '{options.PublicUrl}'.");
        Check(failures, options.BodyLimit is >= 1024 and <= 64 * 1024 * 1024, "Gateway:BodyLimit must be between 1 KiB and 64 MiB.");
        Check(failures, options.GroupBodyLimit is >= 1024 and <= 1024 * 1024 * 1024, "Gateway:GroupBodyLimit must be between 1 KiB and 1 GiB.");
        Check(failures, options.FilterLengthLimit > 0, "Gateway:FilterLengthLimit must be positive.");
        Check(failures, options.ConcurrencyLimit > 0, "Gateway:ConcurrencyLimit must be positive.");
        Check(failures, options.RetryWindow >= TimeSpan.Zero && options.RetryWindow <= TimeSpan.FromSeconds(40),
            "Gateway:RetryWindow must be between 0 and 40 seconds: Okta gives up after 60.");
        Check(failures, options.CallTimeout > TimeSpan.Zero, "Gateway:CallTimeout must be positive.");
        Check(failures, options.GroupCallTimeout > TimeSpan.Zero, "Gateway:GroupCallTimeout must be positive.");
        Check(failures, options.RequestTimeout > TimeSpan.Zero, "Gateway:RequestTimeout must be positive.");
        Check(failures, options.RetryAfterSeconds > 0, "Gateway:RetryAfterSeconds must be positive.");
        Check(failures, options.UnavailableStatusForOkta is >= 429 and <= 599, "Gateway:UnavailableStatusForOkta must be 429 or 5xx.");
        Check(failures, options.UnavailableStatus is >= 429 and <= 599, "Gateway:UnavailableStatus must be 429 or 5xx.");
        Check(failures, options.CredentialMemory >= TimeSpan.Zero && options.CredentialMemory <= TimeSpan.FromSeconds(1),
            "Gateway:CredentialMemory must be at most one second, within which a revoked token is refused everywhere.");
        Check(failures, options.LoggedBodyBytes is >= 0 and <= 64 * 1024, "Gateway:LoggedBodyBytes must be between 0 and 64 KiB.");
        Check(failures, options.FailedCredentialsBurst > 0, "Gateway:FailedCredentialsBurst must be positive.");
        Check(failures, options is { CallRate: >= 10, CallBurst: >= 1 }, "Gateway:CallRate must be at least 10, Gateway:CallBurst at least 1.");
        Check(failures, options.ConnectionLimit > 0, "Gateway:ConnectionLimit must be positive.");
        Check(failures, TrustedNetworks.TryRead(options.TrustedProxies, out _),
            $"Gateway:TrustedProxies must be addresses or networks such as 10.0.0.0/8, separated by commas, not '{options.TrustedProxies}'.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void CheckService(List<string> failures, string key, Uri? address) =>
        Check(failures, address is { IsAbsoluteUri: true, Scheme: "http" or "https" or "dns" },
            $"{key} must be the service's gRPC address such as http://127.0.0.1:5101 or dns:///identity:8080, not '{address}'.");

    private static void Check(List<string> failures, bool holds, string failure)
    {
        if (!holds)
        {
            failures.Add(failure);
        }
    }
}

/// <summary>Binds the section "Gateway", with PUBLIC_URL as the short name that people set.</summary>
internal static class GatewayOptionsBinding
{
    public static void AddGatewayOptions(this IServiceCollection services)
    {
        services.AddOptionsWithValidateOnStart<GatewayOptions, GatewayOptionsValidator>()
            .BindConfiguration("Gateway")
            .PostConfigure<IConfiguration>((options, configuration) =>
            {
                if (configuration["PUBLIC_URL"] is { Length: > 0 } url)
                {
                    options.PublicUrl ??= new Uri(url, UriKind.RelativeOrAbsolute);
                }
            });
    }
}

namespace DirectorySync.Chassis.Tls;

/// <summary>Which methods the bearer of a certificate may call, by the name in it.</summary>
internal sealed class CallerRules
{
    /// <summary>Speaks for others: it alone says on whose behalf it calls.</summary>
    public const string Gateway = "gateway";

    private const string All = "*";
    private const string Reading = "read";
    private const string Health = "/grpc.health.v1.Health/";

    // What a service asks of another: it follows feeds, and looks up what it has not heard of yet.
    private static readonly string[] Following =
    [
        "directorysync.feed.v1.ChangeFeedService/*", "directorysync.identity.v1.DirectoryService/GetDirectory",
        "directorysync.identity.v1.UserService/GetUser", "directorysync.identity.v1.UserService/BatchGetUsers",
        "directorysync.identity.v1.UserService/CheckUsersExist", "directorysync.identity.v1.UserService/ListUsers",
    ];

    // As the gateway sorts methods for API keys of the scope read; secrets and credentials are not among them.
    private static readonly string[] ReadingVerbs = ["Get", "List", "BatchGet", "Check", "Read", "Watch", "Count", "Await", "Export", "Compare"];

    private static readonly string[] NeverByVerb =
    [
        "/directorysync.identity.v1.CredentialService/", "/directorysync.keys.v1.KeyRingService/", "/directorysync.audit.v1.AuditService/",
        "/directorysync.events.v1.WebhookService/GetWebhookEndpoint", "/directorysync.events.v1.WebhookService/ListWebhookEndpoints",
    ];

    private readonly Dictionary<string, string[]> rules = new(StringComparer.Ordinal)
    {
        [Gateway] = [All],
        ["group-membership"] = Following,
        ["attribute-mapping"] = Following,
        ["roles"] = Following,
        ["events"] = Following,
    };

    public CallerRules(IReadOnlyDictionary<string, string> callers)
    {
        foreach (var (name, methods) in callers)
        {
            rules[name] = methods.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
    }

    /// <param name="name">Null: the caller has shown no certificate that is trusted.</param>
    /// <param name="path">For example "/directorysync.identity.v1.UserService/GetUser".</param>
    public bool Allow(string? name, string path) => path.StartsWith(Health, StringComparison.Ordinal)
        || (name is not null && rules.TryGetValue(name, out var allowed) && Array.Exists(allowed, rule => Covers(rule, path)));

    private static bool Covers(string rule, string path) => rule switch
    {
        All => true,
        Reading => ReadingVerbs.Any(verb => path[(path.LastIndexOf('/') + 1)..].StartsWith(verb, StringComparison.Ordinal))
            && !NeverByVerb.Any(method => path.StartsWith(method, StringComparison.Ordinal)),
        [.., '/', '*'] => path.AsSpan(1).StartsWith(rule.AsSpan(..^1), StringComparison.Ordinal),
        _ => path.AsSpan(1).Equals(rule, StringComparison.Ordinal),
    };
}

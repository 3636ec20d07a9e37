using System.Globalization;
using Npgsql;
using StackExchange.Redis;

namespace DirectorySync.Local;

/// <summary>What a person can set about a run, all by environment variables.</summary>
internal sealed record UpSettings
{
    /// <summary>Administrator's settings of a PostgreSQL that exists already; null: a private one is started.</summary>
    public string? Postgres { get; init; } = Valid("POSTGRES", text => _ = new NpgsqlConnectionStringBuilder(text),
        "Host=db.example.com;Port=5432;Username=admin;Password=secret;Database=postgres");

    /// <summary>Administrator's settings of a Redis that exists already; null: a private one is started.</summary>
    public string? Redis { get; init; } = Valid("REDIS", text => _ = ConfigurationOptions.Parse(text),
        "redis.example.com:6379,user=admin,password=secret");

    /// <summary>The address at which Okta reaches the gateway.</summary>
    public string? PublicUrl { get; init; } = Read("PUBLIC_URL")?.TrimEnd('/');

    /// <summary>Where the gateway listens.</summary>
    public string Listen { get; init; } = Read("LISTEN") ?? "localhost";

    public int HttpPort { get; init; } = ReadPort("GATEWAY_HTTP_PORT", 8080);

    public int GrpcPort { get; init; } = ReadPort("GATEWAY_GRPC_PORT", 8081);

    public int PostgresPort { get; init; } = ReadPort("POSTGRES_PORT", 5433);

    public int RedisPort { get; init; } = ReadPort("REDIS_PORT", 6380);

    public IReadOnlyDictionary<Service, int> ServicePorts { get; init; } =
        Service.All.ToDictionary(service => service, service => ReadPort(service.PortVariable, service.Port));

    public const string Help = """
        Starts Directory Sync on this machine: PostgreSQL, Redis, the services and the gateway. Ctrl-C stops all of it.

        Environment variables:
          PUBLIC_URL            address at which Okta reaches the gateway, for example https://sync.example.com
          LISTEN                where the gateway listens (localhost; 0.0.0.0 for every interface)
          GATEWAY_HTTP_PORT     SCIM and REST (8080)
          GATEWAY_GRPC_PORT     gRPC for internal callers (8081)
          IDENTITY_PORT         (5101)
          GROUP_MEMBERSHIP_PORT (5102)
          ATTRIBUTE_MAPPING_PORT (5103)
          ROLES_PORT            (5104)
          EVENTS_PORT           (5105)
          POSTGRES_PORT         of the private PostgreSQL (5433)
          REDIS_PORT            of the private Redis (6380)
          POSTGRES              use this PostgreSQL (14 or later) instead of a private one; settings of a role that may create
                                roles and databases: "Host=db.example.com;Port=5432;Username=admin;Password=secret;Database=postgres"
          REDIS                 use this Redis (7 or later) instead of a private one; settings of a user who may create users:
                                "redis.example.com:6379,user=admin,password=secret"
        Each service gets a role and a database of its own in that PostgreSQL, and a user limited to its key prefix in that Redis,
        named directorysync_<service>.
        """;

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string? Valid(string name, Action<string> parse, string example)
    {
        var text = Read(name);
        try
        {
            if (text is not null)
            {
                parse(text);
            }

            return text;
        }
        catch (ArgumentException e)
        {
            throw new CannotRunException($"{name} is not understood ({e.Message}). It should look like \"{example}\".", e);
        }
    }

    private static int ReadPort(string name, int usual) => Read(name) is not { } text
        ? usual
        : int.TryParse(text, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? port
            : throw new CannotRunException($"{name} is '{text}', which is no port: use a number from 1 to 65535.");
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using DirectorySync.Local;
using Npgsql;

namespace DirectorySync.Kit;

/// <summary>A database of one test class, cloned from a template that the service's migrations built once, owned by the service's role.</summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<string>>> Templates = new();

    private readonly string admin;

    private TestDatabase(string name, string connectionString, string admin)
    {
        this.admin = admin;
        Name = name;
        ConnectionString = connectionString;
    }

    public string Name { get; }

    /// <summary>As the service's own role: what the service may do, and no more.</summary>
    public string ConnectionString { get; }

    /// <summary>The same database as the server's administrator.</summary>
    public string AdminConnectionString => new NpgsqlConnectionStringBuilder(admin) { Database = Name }.ConnectionString;

    /// <summary>
    /// A new database for the service ("identity"). The delegate brings the template up to date; it runs once per process, for the first
    /// database of that service and <paramref name="template"/>.
    /// </summary>
    public static async Task<TestDatabase> CreateAsync(string service, Func<string, Task>? migrate = null, string template = "")
    {
        var provisioning = await TestServers.GetAsync();
        var owner = Service.Get(service);
        var source = migrate is null
            ? "template0"
            : await Templates.GetOrAdd(service + template, _ => new(() => BuildTemplateAsync(provisioning, owner, migrate))).Value;
        var name = NewName("test");
        await CreateAsync(provisioning.AdminPostgres, owner, name, source);
        return new TestDatabase(name, provisioning.PostgresOf(owner, name), provisioning.AdminPostgres);
    }

    /// <summary>An empty database, not migrated.</summary>
    public static Task<TestDatabase> CreateEmptyAsync(string service) => CreateAsync(service);

    public async ValueTask DisposeAsync()
    {
        using (var own = new NpgsqlConnection(ConnectionString))
        {
            NpgsqlConnection.ClearPool(own);
        }

        await ExecuteAsync(admin, $"drop database if exists {Name} with (force)");
    }

    private static async Task<string> BuildTemplateAsync(Provisioning provisioning, Service owner, Func<string, Task> migrate)
    {
        var name = NewName("template");
        await CreateAsync(provisioning.AdminPostgres, owner, name, "template0");

        // No pooled connection may linger: a database that is being copied must have no sessions.
        await migrate(new NpgsqlConnectionStringBuilder(provisioning.PostgresOf(owner, name)) { Pooling = false }.ConnectionString);
        return name;
    }

    private static async Task CreateAsync(string admin, Service owner, string name, string template)
    {
        await ExecuteAsync(admin, $"create database {name} template {template} owner {owner.Role}");
        await ExecuteAsync(admin, $"revoke all on database {name} from public");
    }

    private static string NewName(string kind) => string.Create(CultureInfo.InvariantCulture,
        $"{kind}_{Environment.ProcessId}_{RandomNumberGenerator.GetHexString(8, lowercase: true)}");

    private static async Task ExecuteAsync(string admin, string sql)
    {
        await using var connection = new NpgsqlConnection(admin);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

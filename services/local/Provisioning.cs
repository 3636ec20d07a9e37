using System.Security.Cryptography;
using System.Text;
using Npgsql;
using StackExchange.Redis;

namespace DirectorySync.Local;

/// <summary>
/// Gives every service what is its own: a PostgreSQL role with one database, and a Redis user with one key prefix; neither may
/// touch another's. Passwords follow from one secret, so nothing but that secret has to be kept.
/// </summary>
internal sealed class Provisioning(string postgres, string redis, string secret)
{
    // One at a time, also across processes: test assemblies share a server.
    private const long AdvisoryLock = 0x6469_7265_6374_6f72;

    public string AdminPostgres => postgres;

    /// <summary>The settings with which a service reaches a database of its own.</summary>
    public string PostgresOf(Service service, string? database = null) => new NpgsqlConnectionStringBuilder(postgres)
    {
        Username = service.Role,
        Password = PasswordOf(service),
        Database = database ?? service.Role,
    }.ConnectionString;

    /// <summary>The settings with which a service reaches its part of Redis.</summary>
    public string RedisOf(Service service)
    {
        var options = ConfigurationOptions.Parse(redis);
        options.User = service.Role;
        options.Password = PasswordOf(service);
        options.AllowAdmin = false;
        options.AbortOnConnectFail = false;
        return options.ToString(includePassword: true);
    }

    public string AdminRedis => redis;

    /// <summary>Creates or renews roles, databases and Redis users. Safe to repeat.</summary>
    public async Task ApplyAsync(bool withDatabases, CancellationToken ct)
    {
        await ApplyPostgresAsync(withDatabases, ct);
        await ApplyRedisAsync();
    }

    public static async Task RevokePublicAsync(NpgsqlConnection connection, string database, CancellationToken ct)
    {
        await using var revoke = new NpgsqlCommand($"revoke all on database {database} from public", connection);
        await revoke.ExecuteNonQueryAsync(ct);
    }

    private string PasswordOf(Service service) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(service.Name)));

    private async Task ApplyPostgresAsync(bool withDatabases, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(postgres) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(ct);
        await ExecuteAsync($"select pg_advisory_lock({AdvisoryLock})");
        var roles = await ListAsync("select rolname from pg_roles");
        var databases = await ListAsync("select datname from pg_database");
        foreach (var service in Service.All)
        {
            // Names come from our own list and passwords are hexadecimal: nothing here needs quoting, and DDL takes no parameters.
            var verb = roles.Contains(service.Role) ? "alter" : "create";
            await ExecuteAsync($"{verb} role {service.Role} login nosuperuser nocreatedb nocreaterole password '{PasswordOf(service)}'");
            if (withDatabases && !databases.Contains(service.Role))
            {
                await ExecuteAsync($"grant {service.Role} to current_user");
                await ExecuteAsync($"create database {service.Role} owner {service.Role}");
            }

            if (withDatabases)
            {
                await RevokePublicAsync(connection, service.Role, ct);
            }
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(ct);
        }

        async Task<HashSet<string>> ListAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            var names = new HashSet<string>();
            while (await reader.ReadAsync(ct))
            {
                names.Add(reader.GetString(0));
            }

            return names;
        }
    }

    private async Task ApplyRedisAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis);
        var admin = connection.GetDatabase();
        foreach (var service in Service.All)
        {
            // No command that sees or changes keys without naming them: the prefix limits only keys that are named.
            await admin.ExecuteAsync("acl", "setuser", service.Role, "reset", "on", $">{PasswordOf(service)}",
                $"~{service.Name}:*", $"&{service.Name}:*", "+@all", "-@admin", "-@dangerous", "-scan", "-randomkey", "-dbsize",
                "-script|flush", "-script|kill", "-function", "+info");
        }

        // Where the server keeps its users in a file, they outlive its restart.
        var file = (string?[]?)await admin.ExecuteAsync("config", "get", "aclfile");
        if (file is [_, { Length: > 0 }])
        {
            await admin.ExecuteAsync("acl", "save");
        }
    }
}

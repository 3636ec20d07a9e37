using System.Reflection;
using DbUp;
using DbUp.Engine.Output;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DirectorySync.Chassis;

/// <summary>Numbered SQL scripts, the chassis' own and then the service's, applied once each; replicas that start together take turns.</summary>
public static class SchemaMigration
{
    // Any number will do, as long as every replica uses the same.
    private const long AdvisoryLock = 0x4469_7253_796E_6301;

    /// <summary>Applies what is missing. Each script is a transaction.</summary>
    /// <param name="connectionString">The service's own database, as its owner.</param>
    /// <param name="service">The assembly that embeds Migrations/NNNN_*.sql.</param>
    /// <param name="logger">Hears the name of each script applied.</param>
    /// <param name="ct">Cancels the wait for another replica.</param>
    public static async Task ApplyAsync(string connectionString, Assembly service, ILogger logger, CancellationToken ct)
    {
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await connection.OpenAsync(ct);
        await using (var command = new NpgsqlCommand("select pg_advisory_lock($1)", connection))
        {
            command.Parameters.Add(new() { Value = AdvisoryLock });
            await command.ExecuteNonQueryAsync(ct);
        }

        foreach (var assembly in new[] { typeof(SchemaMigration).Assembly, service })
        {
            var result = DeployChanges.To.PostgresqlDatabase(connectionString)
                .WithScriptsEmbeddedInAssembly(assembly, name => name.EndsWith(".sql", StringComparison.Ordinal))
                .WithTransactionPerScript()
                .WithVariablesDisabled()
                .LogTo(new NoUpgradeLog())
                .Build()
                .PerformUpgrade();
            foreach (var script in result.Scripts)
            {
                logger.Migrated(script.Name);
            }

            if (!result.Successful)
            {
                throw new InvalidOperationException($"Migration {result.ErrorScript?.Name} failed.", result.Error);
            }
        }
    }

    // What happened is in the result, and logged from there.
    private sealed class NoUpgradeLog : IUpgradeLog
    {
        public void LogTrace(string format, params object[] args)
        {
        }

        public void LogDebug(string format, params object[] args)
        {
        }

        public void LogInformation(string format, params object[] args)
        {
        }

        public void LogWarning(string format, params object[] args)
        {
        }

        public void LogError(string format, params object[] args)
        {
        }

        public void LogError(Exception ex, string format, params object[] args)
        {
        }
    }
}

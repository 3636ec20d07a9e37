using DirectorySync.Chassis.Sql;
using DirectorySync.Scim;
using Npgsql;

namespace DirectorySync.Roles;

/// <summary>
/// The columns of a role beside its message: what SCIM's lists look at. A replica of an older version leaves them as they were, so each start
/// of the service sets them anew; there are few roles.
/// </summary>
internal sealed class RoleColumns(Database database, ILogger<RoleColumns> logger) : IHostedService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>For "update roles set".</summary>
    public static SqlText Of(Role role) => $"""
        priority = {role.Priority}, assignable = {role.Assignable}, entitlement = {role.Entitlement}, name_key = {SearchForm.Key(role.Name)},
        description_key = {SearchForm.Key(role.Description)}, version = {role.Version},
        create_time = {role.CreateTime.ToDateTimeOffset()}, update_time = {role.UpdateTime.ToDateTimeOffset()}
        """;

    /// <summary>The database may be away for a moment, as it may be at any other time.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await RenewAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException e)
            {
                logger.ColumnsNotRenewed(e);
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Task RenewAsync(CancellationToken cancellationToken) => database.InTransactionAsync(
        async tx =>
        {
            var roles = await tx.Sql($"select r.data from roles r order by r.slug for no key update").ListAsync(
                row => Role.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), cancellationToken);
            await tx.ExecuteAllAsync(
                roles.Select(role => (SqlText)$"""
                    update roles set {Of(role)} where slug = {role.Slug} and (version is null or version <> {role.Version})
                    """),
                cancellationToken);
        },
        cancellationToken);
}

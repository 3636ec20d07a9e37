using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Scim;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;

namespace DirectorySync.Roles;

/// <summary>The roles of the environment in PostgreSQL, each write with its change, and with the work that it makes.</summary>
internal sealed class RoleStore(Database database, RecomputationQueue queue, ChangeFeed feed, TimeProvider time)
{
    private const int MostRoles = 500;

    private static readonly string RoleType = Role.Descriptor.FullName;

    /// <summary>All of them, by slug.</summary>
    /// <summary>All roles of the environment.</summary>
    public static SqlText All => $"select r.data from roles r";

    public static async Task<IReadOnlyDictionary<string, Role>> ReadAllAsync(Transaction tx, CancellationToken ct) =>
        (await tx.Sql(All).ListAsync(Read, ct)).ToDictionary(role => role.Slug);

    public static void AddTo(Dictionary<string, Role> roles, NpgsqlDataReader row)
    {
        var role = Read(row);
        roles.Add(role.Slug, role);
    }

    public async Task<Role> CreateAsync(Role wanted, string requestId, CancellationToken ct)
    {
        var created = RoleChecks.Create(wanted, time.GetUtcNow());
        try
        {
            await database.InTransactionAsync(
                async tx =>
                {
                    var written = await tx.Sql($"""
                        with written as (
                          insert into roles (slug, priority, assignable, request_id, data, entitlement, name_key, description_key, version,
                            create_time, update_time)
                          select {created.Slug}, {created.Priority}, {created.Assignable}, {(requestId.Length > 0 ? requestId : null)},
                            {created.ToByteArray()}, {created.Entitlement}, {SearchForm.Key(created.Name)},
                            {SearchForm.Key(created.Description)}, {created.Version}, {created.CreateTime.ToDateTimeOffset()},
                            {created.UpdateTime.ToDateTimeOffset()}
                          where (select count(*) from roles) < {MostRoles}
                          returning slug, data),
                        {Append(created.Version, deleted: false)}
                        select slug from written
                        """).FindAsync(row => row.GetString(0), ct);
                    if (written is null)
                    {
                        throw ErrorReason.LimitExceeded.ToRpc($"There are {MostRoles} roles, which is the most. Delete those that are not used.");
                    }

                    tx.Audit("role.created", created.Slug, after: created);
                    if (created.Assignable)
                    {
                        // Perhaps identity providers send it already.
                        await queue.RequestAllAsync(tx, ct);
                    }
                },
                ct);
            feed.Wake();
            return created;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            const string remedy = "Give another slug, or update the role that there is.";
            return await FindByRequestAsync(requestId, ct) ?? throw ErrorReason.RoleSlugTaken.ToRpc(
                $"slug: there is a role \"{created.Slug}\" already. {remedy}",
                ("attribute", "slug"), ("value", created.Slug), ("remedy", remedy));
        }
    }

    public Task<Role?> FindAsync(string slug, CancellationToken ct) =>
        database.Sql($"select r.data from roles r where r.slug = {slug}").FindAsync(Read, ct);

    public Task<List<Role>> ListAsync(bool assignableOnly, CancellationToken ct) => database.Sql($"""
        select r.data from roles r where r.assignable or not {assignableOnly} order by r.priority desc, r.slug
        """).ListAsync(Read, ct);

    public async Task<Role> UpdateAsync(Role wanted, FieldMask? mask, long expectedVersion, CancellationToken ct)
    {
        var role = await database.InTransactionAsync(
            async tx =>
            {
                var current = await LockAsync(tx, wanted.Slug, expectedVersion, ct);
                if (RoleChecks.Update(current, wanted, mask, time.GetUtcNow()) is not { } updated)
                {
                    return current;
                }

                await tx.Sql($"""
                    with written as (
                      update roles set data = {updated.ToByteArray()}, {RoleColumns.Of(updated)}
                      where slug = {updated.Slug}
                      returning slug, data),
                    {Append(updated.Version, deleted: false)}
                    select slug from written
                    """).ExecuteAsync(ct);
                tx.Audit("role.updated", updated.Slug, current, updated);
                if (RoleChecks.MattersToUsers(current, updated))
                {
                    await queue.RequestAllAsync(tx, ct);
                }

                return updated;
            },
            ct);
        feed.Wake();
        return role;
    }

    public async Task DeleteAsync(string slug, long expectedVersion, CancellationToken ct)
    {
        try
        {
            await database.InTransactionAsync(
                async tx =>
                {
                    var current = await LockAsync(tx, slug, expectedVersion, ct);
                    await tx.Sql($"""
                        with written as (delete from roles where slug = {slug} returning slug, data),
                        {Append(current.Version + 1, deleted: true)}
                        select slug from written
                        """).ExecuteAsync(ct);
                    tx.Audit("role.deleted", slug, before: current);
                    await queue.RequestAllAsync(tx, ct);
                },
                ct);
            feed.Wake();
        }
        catch (PostgresException e) when (e is
            { SqlState: PostgresErrorCodes.ForeignKeyViolation, ConstraintName: "rule_roles_role_fkey" })
        {
            const string remedy = "Remove it from the rules of all directories first.";
            throw ErrorReason.RoleInUse.ToRpc($"Rules of directories name the role. {remedy}", ("value", slug), ("remedy", remedy));
        }
    }

    private static async Task<Role> LockAsync(Transaction tx, string slug, long expectedVersion, CancellationToken ct)
    {
        var current = await tx.Sql($"select r.data from roles r where r.slug = {slug} for no key update").FindAsync(Read, ct)
            ?? throw Inputs.NotFound("role");
        return expectedVersion == 0 || expectedVersion == current.Version ? current : throw Inputs.Stale("role");
    }

    private async Task<Role?> FindByRequestAsync(string requestId, CancellationToken ct) => requestId.Length == 0
        ? null
        : await database.Sql($"select r.data from roles r where r.request_id = {requestId}").FindAsync(Read, ct);

    private static SqlText Append(long version, bool deleted) => $"""
        changed as (
          insert into changes (directory_id, resource_type, resource_id, version, deleted, resource, traceparent)
          select '', {RoleType}, slug, {version}, {deleted}, data, {Terms.Traceparent} from written)
        """;

    private static Role Read(NpgsqlDataReader row) => Role.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
}

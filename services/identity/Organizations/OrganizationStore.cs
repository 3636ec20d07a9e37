using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;

namespace DirectorySync.Identity.Organizations;

/// <summary>Organizations and their domains in PostgreSQL.</summary>
internal sealed class OrganizationStore(Database database, ChangeFeed feed, TimeProvider time)
{
    public async Task<Organization> CreateAsync(Organization wanted, string? requestId, CancellationToken ct)
    {
        var created = OrganizationRules.Create(wanted, Guid.CreateVersion7().ToString(), time.Now());
        try
        {
            await database.InTransactionAsync(
                async tx =>
                {
                    tx.Audit("organization.created", created.Id, after: created, organizationId: created.Id);
                    await tx.Sql($"""
                        with written as (
                          insert into organizations (id, name_key, external_id, request_id, version, data)
                          values ({created.Id}, {created.Name.ToLowerInvariant()}, {Null(created.ExternalId)}, {requestId}, {created.Version},
                            {created.ToByteArray()})
                          returning id, version, data),
                        domains as (
                          insert into organization_domains (organization_id, domain)
                          select id, unnest({DomainsOf(created)}) from written),
                        {Changes.Append(Organization.Descriptor, "")}
                        select id from written
                        """).ExecuteAsync(ct);
                },
                ct);
            feed.Wake();
            return created;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return await FindByRequestAsync(requestId, ct) ?? throw ExternalIdTaken(created);
        }
    }

    public Task<Organization?> FindAsync(string id, CancellationToken ct) =>
        database.Sql($"select data from organizations where id = {id}").FindAsync(Read, ct);

    public Task<Organization?> FindByExternalIdAsync(string externalId, CancellationToken ct) =>
        database.Sql($"select data from organizations where external_id = {externalId}").FindAsync(Read, ct);

    public Task<List<Organization>> ListAsync(ListPage page, string[] domains, string search, CancellationToken ct)
    {
        var inDomains = domains.Length == 0 ? SqlText.Empty : (SqlText)$"""
             and exists (
              select from organization_domains d where d.organization_id = r.id and d.domain = any({domains}))
            """;
        var named = search.Length == 0 ? SqlText.Empty : (SqlText)$" and strpos(r.name_key, {search.ToLowerInvariant()}) > 0";
        return database.Sql($"select r.data from organizations r where true{inDomains}{named}{page.Tail}").ListAsync(Read, ct);
    }

    public async Task<Organization> UpdateAsync(Organization wanted, IReadOnlyCollection<string> mask, CancellationToken ct)
    {
        try
        {
            var organization = await database.InTransactionAsync(
                async tx =>
                {
                    var current = await tx.Sql($"select data from organizations where id = {wanted.Id} for update").FindAsync(Read, ct)
                        ?? throw Inputs.NotFound("organization");
                    var updated = OrganizationRules.Update(current, wanted, mask, time.Now());
                    if (updated is not null)
                    {
                        await WriteAsync(tx, updated, ct);
                        tx.Audit("organization.updated", updated.Id, current, updated, organizationId: updated.Id);
                    }

                    return updated ?? current;
                },
                ct);
            feed.Wake();
            return organization;
        }
        catch (PostgresException e) when (e is
            { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "organizations_external_id_key" })
        {
            throw ExternalIdTaken(wanted);
        }
    }

    public async Task DeleteAsync(string id, CancellationToken ct)
    {
        try
        {
            await database.InTransactionAsync(
                async tx =>
                {
                    var deleted = await tx.Sql($"""
                        with written as (delete from organizations where id = {id} returning id, version + 1 as version, data),
                        {Changes.Append(Organization.Descriptor, "", deleted: true)}
                        select data from written
                        """).FindAsync(Read, ct) ?? throw Inputs.NotFound("organization");
                    tx.Audit("organization.deleted", id, before: deleted, organizationId: id);
                },
                ct);
            feed.Wake();
        }
        catch (PostgresException e) when (e is
            { SqlState: PostgresErrorCodes.ForeignKeyViolation, ConstraintName: "directories_organization_id_fkey" })
        {
            const string remedy = "Delete its directories first, and wait until they are gone.";
            throw ErrorReason.OrganizationNotEmpty.ToRpc($"The organization still has directories. {remedy}", ("remedy", remedy));
        }
    }

    private static Task<int> WriteAsync(Transaction tx, Organization organization, CancellationToken ct) => tx.Sql($"""
        with written as (
          update organizations set name_key = {organization.Name.ToLowerInvariant()}, external_id = {Null(organization.ExternalId)},
            version = {organization.Version}, data = {organization.ToByteArray()}
          where id = {organization.Id}
          returning id, version, data),
        gone as (
          delete from organization_domains where organization_id = {organization.Id} and domain <> all({DomainsOf(organization)})),
        domains as (
          insert into organization_domains (organization_id, domain)
          select id, unnest({DomainsOf(organization)}) from written
          on conflict do nothing),
        {Changes.Append(Organization.Descriptor, "")}
        select id from written
        """).ExecuteAsync(ct);

    private async Task<Organization?> FindByRequestAsync(string? requestId, CancellationToken ct) => requestId is null
        ? null
        : await database.Sql($"select data from organizations where request_id = {requestId}").FindAsync(Read, ct);

    private static RpcException ExternalIdTaken(Organization organization)
    {
        const string remedy = "Give another external id, or none.";
        return ErrorReason.ExternalIdTaken.ToRpc(
            $"external_id: \"{organization.ExternalId}\" is in use by another organization. {remedy}",
            ("attribute", "external_id"), ("value", organization.ExternalId), ("remedy", remedy));
    }

    private static string[] DomainsOf(Organization organization) => [.. organization.Domains.Select(domain => domain.Domain)];

    private static string? Null(string text) => text.Length == 0 ? null : text;

    private static Organization Read(NpgsqlDataReader row) => Organization.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
}

using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Npgsql;

namespace DirectorySync.Identity.Directories;

/// <summary>Directories and their endpoints in PostgreSQL.</summary>
internal sealed class DirectoryStore(Database database, ChangeFeed feed, TimeProvider time, IOptions<IdentityOptions> options)
{
    public async Task<Directory> CreateAsync(Directory wanted, string? requestId, CancellationToken ct)
    {
        var created = DirectoryRules.Create(wanted, Guid.CreateVersion7().ToString(), options.Value.Activation, time.Now());
        try
        {
            await database.InTransactionAsync(
                async tx =>
                {
                    _ = await tx.Sql($"""
                        with written as (
                          insert into directories (id, organization_id, name_key, state, request_id, version, data)
                          select {created.Id}, o.id, {created.Name.ToLowerInvariant()}, {(short)created.State}, {requestId}, {created.Version},
                            {created.ToByteArray()}
                          from organizations o where o.id = {created.OrganizationId}
                          returning id, organization_id, version, data),
                        endpoints as (
                          insert into directory_endpoints (endpoint, directory_id)
                          select unnest({EndpointsOf(created)}), id from written),
                        contacts as (
                          insert into directory_contacts (directory_id) select id from written),
                        {Changes.Append(Directory.Descriptor, created.Id)}
                        select organization_id from written
                        """).FindAsync(row => row.GetString(0), ct) ?? throw Inputs.NotFound("organization");
                    tx.Audit("directory.created", created.Id, after: created, directoryId: created.Id, organizationId: created.OrganizationId);
                },
                ct);
            feed.Wake();
            return (await FindAsync(created.Id, ct))!;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            return await FindByRequestAsync(requestId, ct) ?? throw LabelTaken(created.EndpointLabel);
        }
    }

    public Task<Directory?> FindAsync(string id, CancellationToken ct) =>
        database.Sql(DirectoryRows.Query($"where r.id = {id}")).FindAsync(DirectoryRows.Read, ct);

    public Task<List<Directory>> ListAsync(ListPage page, string organizationId, string domain, string search, CancellationToken ct)
    {
        var ofOrganization = organizationId.Length == 0 ? SqlText.Empty : (SqlText)$" and r.organization_id = {organizationId}";
        var inDomain = domain.Length == 0 ? SqlText.Empty : (SqlText)$"""
             and r.organization_id in (select organization_id from organization_domains where domain = {domain.ToLowerInvariant()})
            """;
        var named = search.Length == 0 ? SqlText.Empty : (SqlText)$" and strpos(r.name_key, {search.ToLowerInvariant()}) > 0";
        return database.Sql(DirectoryRows.Query($"where true{ofOrganization}{inDomain}{named}{page.Tail}"))
            .ListAsync(DirectoryRows.Read, ct);
    }

    public async Task<Directory> UpdateAsync(Directory wanted, IReadOnlyCollection<string> mask, CancellationToken ct)
    {
        await database.InTransactionAsync(
            async tx =>
            {
                var (current, resume) = await LockAsync(tx, wanted.Id, ct) ?? throw Inputs.NotFound("directory");
                var now = time.Now();
                if (DirectoryRules.Update(current, wanted, mask, resume, now) is { } updated)
                {
                    await WriteAsync(tx, current, updated, now, ct);
                    tx.Audit("directory.updated", updated.Id, current, updated, updated.Id, updated.OrganizationId);
                }
            },
            ct);
        feed.Wake();
        return await FindAsync(wanted.Id, ct) ?? throw Inputs.NotFound("directory");
    }

    /// <summary>Closes the directory. What is in it goes in the background.</summary>
    public async Task CloseAsync(string id, CancellationToken ct)
    {
        await database.InTransactionAsync(
            async tx =>
            {
                if (await LockAsync(tx, id, ct) is not { } locked)
                {
                    // Its endpoints outlive it: a retry after the removal is recognized.
                    var gone = await tx.Sql($"select 1 from directory_endpoints where directory_id = {id} limit 1").ExistsAsync(ct);
                    if (!gone)
                    {
                        throw Inputs.NotFound("directory");
                    }
                }
                else if (locked.Directory.State != DirectoryState.Deleting)
                {
                    var now = time.Now();
                    var closed = DirectoryRules.Close(locked.Directory, now);
                    await WriteAsync(tx, locked.Directory, closed, now, ct);
                    tx.Audit("directory.deleted", id, before: locked.Directory, directoryId: id, organizationId: closed.OrganizationId);
                }
            },
            ct);
        feed.Wake();
    }

    // Writes of users stand in the same queue, so that none is under way while state or policies change.
    private static async Task<(Directory Directory, DirectoryState? Resume)?> LockAsync(Transaction tx, string id, CancellationToken ct) =>
        await tx.Sql($"""
            select data, resume_state from directories where id = {id} and {DirectoryLock.Exclusive(id)} for update
            """).FindAsync(
            row => ((Directory, DirectoryState?)?)(
                Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)),
                row.IsDBNull(1) ? null : (DirectoryState)row.GetInt16(1)),
            ct);

    private static async Task WriteAsync(Transaction tx, Directory current, Directory updated, DateTimeOffset now, CancellationToken ct)
    {
        if (updated.EndpointLabel.Length > 0 && updated.EndpointLabel != current.EndpointLabel)
        {
            var ours = await tx.Sql($"""
                insert into directory_endpoints as e (endpoint, directory_id) values ({updated.EndpointLabel}, {updated.Id})
                on conflict (endpoint) do update set directory_id = e.directory_id where e.directory_id = excluded.directory_id
                returning 1
                """).ExistsAsync(ct);
            if (!ours)
            {
                throw LabelTaken(updated.EndpointLabel);
            }
        }

        var disabled = updated.State == DirectoryState.Disabled;
        var enabled = current.State == DirectoryState.Disabled && DirectoryStates.AcceptsUsers(updated.State);
        await tx.Sql($"""
            with written as (
              update directories set name_key = {updated.Name.ToLowerInvariant()}, state = {(short)updated.State},
                resume_state = case when {disabled && current.State != updated.State} then state
                  when {disabled} then resume_state end,
                enabled_time = case when {enabled} then {now} when {!disabled} then enabled_time end,
                version = {updated.Version}, data = {updated.ToByteArray()}
              where id = {updated.Id}
              returning id, version, data),
            {Changes.Append(Directory.Descriptor, updated.Id)}
            select id from written
            """).ExecuteAsync(ct);
    }

    private Task<Directory?> FindByRequestAsync(string? requestId, CancellationToken ct) => requestId is null
        ? Task.FromResult<Directory?>(null)
        : database.Sql(DirectoryRows.Query($"where r.request_id = {requestId}")).FindAsync(DirectoryRows.Read, ct);

    private static RpcException LabelTaken(string label)
    {
        const string remedy = "Choose another label.";
        return ErrorReason.EndpointLabelTaken.ToRpc(
            $"endpoint_label: \"{label}\" is or was in use by another directory. {remedy}",
            ("attribute", "endpoint_label"), ("value", label), ("remedy", remedy));
    }

    private static string[] EndpointsOf(Directory directory) => directory.EndpointLabel.Length == 0
        ? [directory.EndpointKey]
        : [directory.EndpointKey, directory.EndpointLabel];
}

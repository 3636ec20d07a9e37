using System.Security.Cryptography;
using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.Credentials;
using Google.Protobuf;
using Npgsql;

namespace DirectorySync.Identity.Portal;

/// <summary>Portal links in PostgreSQL. Applications are told nothing of them, so they have no changes.</summary>
internal sealed class PortalLinkStore(Database database, TimeProvider time)
{
    // What no secret has: the same comparison is made for a link that does not exist.
    private static readonly byte[] NoHash = new byte[Secret.HashLength];

    private sealed record Row(PortalLink Link, byte[] Hash, string? RequestId);

    public async Task<(PortalLink Link, Secret Secret)> CreateAsync(CreatePortalLinkRequest wanted, CancellationToken ct)
    {
        var secret = Secret.New("");
        var link = PortalLinkRules.Create(wanted, Guid.CreateVersion7().ToString(), time.Now());
        var directory = link.DirectoryId.Length == 0 ? null : link.DirectoryId;
        await database.InTransactionAsync(
            async tx =>
            {
                // For share: neither goes while a link to it is made.
                _ = await tx.Sql($"select id from organizations where id = {link.OrganizationId} for share").FindAsync(row => row.GetString(0), ct)
                    ?? throw Inputs.NotFound("organization");
                if (directory is not null)
                {
                    await CheckAsync(tx, link, ct);
                }

                await tx.Sql($"""
                    insert into portal_links (id, organization_id, directory_id, secret_hash, expire_time, data)
                    values ({link.Id}, {link.OrganizationId}, {directory}, {secret.Hash}, {link.ExpireTime.ToDateTimeOffset()}, {link.ToByteArray()})
                    """).ExecuteAsync(ct);
                tx.Audit("portal_link.created", link.Id, after: link, directoryId: link.DirectoryId, organizationId: link.OrganizationId);
            },
            ct);
        return (link, secret);
    }

    /// <summary>The link, opened or not. INVALID_CREDENTIALS if there is none, or the secret is another one.</summary>
    public async Task<PortalLink> ResolveAsync(string id, byte[] hash, CancellationToken ct) => Prove(
        await database.Sql($"select data, secret_hash, open_request_id from portal_links where id = {id}").FindAsync(Read, ct), hash).Link;

    /// <summary>Opens the link: who comes second waits for the row, and finds it opened.</summary>
    public Task<PortalLink> OpenAsync(string id, byte[] hash, string requestId, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var row = Prove(
                await tx.Sql($"select data, secret_hash, open_request_id from portal_links where id = {id} for update").FindAsync(Read, ct), hash);
            if (row.RequestId == requestId)
            {
                return row.Link;
            }

            var opened = PortalLinkRules.Open(row.Link, time.Now());
            await tx.Sql($"update portal_links set open_request_id = {requestId}, data = {opened.ToByteArray()} where id = {id}").ExecuteAsync(ct);
            tx.Audit("portal_link.opened", id, row.Link, opened, opened.DirectoryId, opened.OrganizationId);
            return opened;
        },
        ct);

    /// <summary>Removes the links whose time has long been over, and answers how many.</summary>
    public Task<int> RemoveExpiredAsync(CancellationToken ct) =>
        database.Sql($"delete from portal_links where expire_time < {time.Now() - PortalLinkRules.Kept}").ExecuteAsync(ct);

    private static async Task CheckAsync(Transaction tx, PortalLink link, CancellationToken ct)
    {
        var found = await tx.Sql($"""
            select data from directories where id = {link.DirectoryId} and organization_id = {link.OrganizationId} for share
            """).FindAsync(row => Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct) ?? throw Inputs.NotFound("directory");
        if (found.State == DirectoryState.Deleting)
        {
            throw ErrorReason.DirectoryState.ToRpc("The directory is being deleted: it is not set up any more.");
        }
    }

    private static Row Prove(Row? found, byte[] hash) =>
        CryptographicOperations.FixedTimeEquals(found?.Hash ?? NoHash, hash) && found is not null ? found : throw CredentialRules.Refused();

    private static Row Read(NpgsqlDataReader row) => new(
        PortalLink.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), row.GetFieldValue<byte[]>(1), row.IsDBNull(2) ? null : row.GetString(2));
}

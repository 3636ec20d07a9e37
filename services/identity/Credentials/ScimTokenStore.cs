using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using Google.Protobuf;
using Npgsql;

namespace DirectorySync.Identity.Credentials;

/// <summary>SCIM tokens in PostgreSQL.</summary>
internal sealed class ScimTokenStore(Database database, ChangeFeed feed, TimeProvider time)
{
    private const string Prefix = "scim_";

    public async Task<(ScimToken Token, Secret Secret)> CreateAsync(
        CreateScimTokenRequest wanted, string? requestId, CancellationToken ct)
    {
        var secret = Secret.New(Prefix);
        try
        {
            var created = await database.InTransactionAsync(
                async tx =>
                {
                    // For share: a directory that closes meanwhile is not left with a new token.
                    var directory = await tx.Sql($"select data from directories where id = {wanted.DirectoryId} for share")
                        .FindAsync(row => Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), ct)
                        ?? throw Inputs.NotFound("directory");
                    if (directory.State == DirectoryState.Deleting)
                    {
                        throw ErrorReason.DirectoryState.ToRpc("The directory is being deleted: it gets no more tokens.");
                    }

                    var token = CredentialRules.Token(
                        wanted, directory.Policies, Guid.CreateVersion7().ToString(), secret.Suffix, time.Now());
                    await tx.Sql($"""
                        with written as (
                          insert into scim_tokens (directory_id, id, secret_hash, request_id, version, data)
                          values ({token.DirectoryId}, {token.Id}, {secret.Hash}, {requestId}, 1, {token.ToByteArray()})
                          returning id, version, data),
                        {Changes.Append(ScimToken.Descriptor, token.DirectoryId)}
                        select id from written
                        """).ExecuteAsync(ct);
                    tx.Audit("scim_token.created", token.Id, after: token, directoryId: token.DirectoryId, organizationId: directory.OrganizationId);
                    return token;
                },
                ct);
            feed.Wake();
            return (created, secret);
        }
        catch (PostgresException e) when (e is
            { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "scim_tokens_request_id_key" })
        {
            const string remedy = "If the token did not reach you, revoke it and create another.";
            throw ErrorReason.RequestIdUsed.ToRpc(
                $"request_id: this request was answered before, and the token is shown only once. {remedy}",
                ("attribute", "request_id"), ("value", wanted.RequestId), ("remedy", remedy));
        }
    }

    public async Task<List<ScimToken>> ListAsync(string directoryId, ListPage page, CancellationToken ct)
    {
        if (!await database.Sql($"select 1 from directories where id = {directoryId}").ExistsAsync(ct))
        {
            throw Inputs.NotFound("directory");
        }

        return await database.Sql(
            $"select r.data, r.last_use_time from scim_tokens r where r.directory_id = {directoryId}{page.Tail}").ListAsync(Read, ct);
    }

    public async Task<ScimToken> RevokeAsync(string directoryId, string id, CancellationToken ct)
    {
        var token = await database.InTransactionAsync(
            async tx =>
            {
                var current = await tx.Sql($"""
                    select data, last_use_time from scim_tokens where directory_id = {directoryId} and id = {id} for update
                    """).FindAsync(Read, ct) ?? throw Inputs.NotFound("token");
                if (current.RevokeTime is not null)
                {
                    return current;
                }

                var organization = await tx.Sql($"select organization_id from directories where id = {directoryId}")
                    .FindAsync(row => row.GetString(0), ct) ?? "";
                var revoked = current.Clone();
                revoked.LastUseTime = null;
                revoked.RevokeTime = time.Now().ToTimestamp();
                await tx.Sql($"""
                    with written as (
                      update scim_tokens set version = version + 1, data = {revoked.ToByteArray()}
                      where directory_id = {directoryId} and id = {id}
                      returning id, version, data),
                    {Changes.Append(ScimToken.Descriptor, directoryId)}
                    select id from written
                    """).ExecuteAsync(ct);
                tx.Audit("scim_token.revoked", id, current, revoked, directoryId, organization);
                revoked.LastUseTime = current.LastUseTime;
                return revoked;
            },
            ct);
        feed.Wake();
        return token;
    }

    /// <summary>
    /// What the endpoint leads to and whose the token is, each looked up by itself: a wrong guess of either costs the same as of both.
    /// </summary>
    public Task<TokenLookup> LookUpAsync(string endpoint, byte[] hash, CancellationToken ct) => database.Sql($"""
        select d.data, c.first_contact_time, t.directory_id, t.data
        from (values (1)) one (x)
        left join directory_endpoints e on e.endpoint = {endpoint}
        left join directories d on d.id = e.directory_id
        left join directory_contacts c on c.directory_id = e.directory_id
        left join scim_tokens t on t.secret_hash = {hash}
        """).SingleAsync(
            row => new TokenLookup(
                row.IsDBNull(0) ? null : Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)),
                row.FindTime(1),
                row.IsDBNull(2) ? null : row.GetString(2),
                row.IsDBNull(3) ? null : ScimToken.Parser.ParseFrom(row.GetFieldValue<byte[]>(3))),
            ct);

    internal static ScimToken Read(NpgsqlDataReader row)
    {
        var token = ScimToken.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
        token.LastUseTime = row.FindTime(1)?.ToTimestamp();
        return token;
    }
}

/// <summary>What an endpoint and a token each belong to.</summary>
internal sealed record TokenLookup(Directory? Directory, DateTimeOffset? FirstContact, string? TokenDirectory, ScimToken? Token);

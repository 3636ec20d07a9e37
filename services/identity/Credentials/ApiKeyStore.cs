using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Sql;
using Google.Protobuf;
using Npgsql;

namespace DirectorySync.Identity.Credentials;

/// <summary>API keys in PostgreSQL. Applications are told nothing of them, so they have no changes.</summary>
internal sealed class ApiKeyStore(Database database, TimeProvider time)
{
    private const string Prefix = "sk_";

    public async Task<(ApiKey Key, Secret Secret)> CreateAsync(CreateApiKeyRequest wanted, CancellationToken ct)
    {
        var secret = Secret.New(Prefix);
        var key = CredentialRules.Key(wanted, Guid.CreateVersion7().ToString(), secret.Suffix, time.Now());
        var organization = key.OrganizationId.Length == 0 ? null : key.OrganizationId;
        try
        {
            await database.InTransactionAsync(
                async tx =>
                {
                    tx.Audit("api_key.created", key.Id, after: key, organizationId: key.OrganizationId);
                    await tx.Sql($"""
                        insert into api_keys (id, secret_hash, organization_id, data)
                        values ({key.Id}, {secret.Hash}, {organization}, {key.ToByteArray()})
                        """).ExecuteAsync(ct);
                },
                ct);
            return (key, secret);
        }
        catch (PostgresException e) when (e is
            { SqlState: PostgresErrorCodes.ForeignKeyViolation, ConstraintName: "api_keys_organization_id_fkey" })
        {
            throw Inputs.NotFound("organization");
        }
    }

    public Task<List<ApiKey>> ListAsync(ListPage page, CancellationToken ct) =>
        database.Sql($"select r.data, r.last_use_time from api_keys r where true{page.Tail}").ListAsync(Read, ct);

    public Task<ApiKey> RevokeAsync(string id, CancellationToken ct) => database.InTransactionAsync(
        async tx =>
        {
            var key = await tx.Sql($"select data, last_use_time from api_keys where id = {id} for update").FindAsync(Read, ct)
                ?? throw Inputs.NotFound("API key");
            if (key.RevokeTime is null)
            {
                var lastUse = key.LastUseTime;
                var before = key.Clone();
                key.LastUseTime = null;
                key.RevokeTime = time.Now().ToTimestamp();
                await tx.Sql($"update api_keys set data = {key.ToByteArray()} where id = {id}").ExecuteAsync(ct);
                tx.Audit("api_key.revoked", id, before, key, organizationId: key.OrganizationId);
                key.LastUseTime = lastUse;
            }

            return key;
        },
        ct);

    public Task<ApiKey?> FindAsync(byte[] hash, CancellationToken ct) =>
        database.Sql($"select data, last_use_time from api_keys where secret_hash = {hash}").FindAsync(Read, ct);

    private static ApiKey Read(NpgsqlDataReader row)
    {
        var key = ApiKey.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
        key.LastUseTime = row.FindTime(1)?.ToTimestamp();
        return key;
    }
}

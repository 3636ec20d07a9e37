using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.Options;

namespace DirectorySync.Identity.Credentials;

/// <summary>
/// Remembers which credentials were used and which directories were contacted, and writes it in batches: neither a request nor a guess
/// costs a write. What is pending is written when the process ends; a crash loses a few seconds of it.
/// </summary>
internal sealed class CredentialUse(
    Database database, TimeProvider time, IOptions<IdentityOptions> options, ILogger<CredentialUse> logger) : BackgroundService
{
    private readonly Lock gate = new();
    private readonly SemaphoreSlim flushing = new(1, 1);
    private readonly Dictionary<(string DirectoryId, string Id), DateTimeOffset> tokens = [];
    private readonly Dictionary<string, DateTimeOffset> keys = [];
    private readonly Dictionary<string, DateTimeOffset> contacts = [];
    private readonly Dictionary<string, DateTimeOffset> failures = [];

    /// <summary>A valid token came. The first contact of a directory is written at once.</summary>
    public async Task TokenUsedAsync(ScimToken token, bool firstContact, CancellationToken ct)
    {
        var now = time.Now();
        lock (gate)
        {
            tokens[(token.DirectoryId, token.Id)] = now;
            contacts[token.DirectoryId] = now;
        }

        if (firstContact)
        {
            await database.Sql($"""
                update directory_contacts set
                  first_contact_time = coalesce(first_contact_time, {now}), last_contact_time = greatest(last_contact_time, {now})
                where directory_id = {token.DirectoryId}
                """).ExecuteAsync(ct);
        }
    }

    /// <summary>A wrong token came to an endpoint of this directory.</summary>
    public void TokenFailed(string directoryId)
    {
        lock (gate)
        {
            failures[directoryId] = time.Now();
        }
    }

    public void KeyUsed(ApiKey key)
    {
        lock (gate)
        {
            keys[key.Id] = time.Now();
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await FlushAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(options.Value.UseFlushSeconds));
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await FlushAsync(stoppingToken);
        }
    }

    // One at a time: whoever finds nothing pending may take it for written.
    private async Task FlushAsync(CancellationToken ct)
    {
        await flushing.WaitAsync(ct);
        try
        {
            await FlushPendingAsync(ct);
        }
        finally
        {
            flushing.Release();
        }
    }

    private async Task FlushPendingAsync(CancellationToken ct)
    {
        var (usedTokens, usedKeys, seen, failed) = (Take(tokens), Take(keys), Take(contacts), Take(failures));
        if (usedTokens.Length + usedKeys.Length + seen.Length + failed.Length == 0)
        {
            return;
        }

        try
        {
            await database.InTransactionAsync(tx => tx.ExecuteAllAsync(Statements(usedTokens, usedKeys, seen, failed), ct), ct);
        }
        catch (Exception e)
        {
            Restore(tokens, usedTokens);
            Restore(keys, usedKeys);
            Restore(contacts, seen);
            Restore(failures, failed);
            if (e is OperationCanceledException)
            {
                throw;
            }

            logger.UseFlushFailed(e);
        }
    }

    // Rows are taken in the order of their keys, so that two replicas that flush at once do not deadlock.
    private static IEnumerable<SqlText> Statements(
        KeyValuePair<(string DirectoryId, string Id), DateTimeOffset>[] tokens,
        KeyValuePair<string, DateTimeOffset>[] keys,
        KeyValuePair<string, DateTimeOffset>[] contacts,
        KeyValuePair<string, DateTimeOffset>[] failures) =>
    [
        $"""
        with used as materialized (
          select t.directory_id, t.id, date_trunc('minute', u.at) as minute
          from scim_tokens t
          join unnest({Ids(tokens, key => key.DirectoryId)}, {Ids(tokens, key => key.Id)}, {Times(tokens)}) u (directory_id, id, at)
            on u.directory_id = t.directory_id and u.id = t.id
          where t.last_use_time is null or t.last_use_time < date_trunc('minute', u.at)
          order by t.directory_id, t.id for update of t)
        update scim_tokens t set last_use_time = used.minute from used where t.directory_id = used.directory_id and t.id = used.id
        """,
        $"""
        with used as materialized (
          select k.id, date_trunc('minute', u.at) as minute
          from api_keys k join unnest({Ids(keys, key => key)}, {Times(keys)}) u (id, at) on u.id = k.id
          where k.last_use_time is null or k.last_use_time < date_trunc('minute', u.at)
          order by k.id for update of k)
        update api_keys k set last_use_time = used.minute from used where k.id = used.id
        """,
        $"""
        with seen as materialized (
          select c.directory_id, u.contact, u.failure
          from directory_contacts c
          join (
            select directory_id, max(contact) as contact, max(failure) as failure from (
              select directory_id, at as contact, null::timestamptz as failure
              from unnest({Ids(contacts, key => key)}, {Times(contacts)}) s (directory_id, at)
              union all
              select directory_id, null, at from unnest({Ids(failures, key => key)}, {Times(failures)}) f (directory_id, at)) both_kinds
            group by directory_id) u on u.directory_id = c.directory_id
          order by c.directory_id for update of c)
        update directory_contacts c set
          first_contact_time = coalesce(c.first_contact_time, seen.contact),
          last_contact_time = greatest(c.last_contact_time, seen.contact),
          last_failure_time = greatest(c.last_failure_time, seen.failure)
        from seen where c.directory_id = seen.directory_id
        """,
    ];

    private KeyValuePair<TKey, DateTimeOffset>[] Take<TKey>(Dictionary<TKey, DateTimeOffset> pending)
        where TKey : notnull
    {
        lock (gate)
        {
            var taken = pending.ToArray();
            pending.Clear();
            return taken;
        }
    }

    private void Restore<TKey>(Dictionary<TKey, DateTimeOffset> pending, KeyValuePair<TKey, DateTimeOffset>[] taken)
        where TKey : notnull
    {
        lock (gate)
        {
            foreach (var (key, at) in taken)
            {
                // What came meanwhile is later.
                pending.TryAdd(key, at);
            }
        }
    }

    private static string[] Ids<TKey>(KeyValuePair<TKey, DateTimeOffset>[] entries, Func<TKey, string> id) =>
        [.. entries.Select(entry => id(entry.Key))];

    private static DateTimeOffset[] Times<TKey>(KeyValuePair<TKey, DateTimeOffset>[] entries) => [.. entries.Select(entry => entry.Value)];
}

using System.Diagnostics;
using DirectorySync.Chassis.Sql;
using Npgsql;

namespace DirectorySync.Roles;

/// <summary>What is known of a directory when something in it is about to change.</summary>
/// <param name="Id">The directory.</param>
/// <param name="Closed">It is deleted: nothing is written there.</param>
/// <param name="OrganizationId">Whose it is; null: identity has not told.</param>
/// <param name="Guarded">The organization's guard of protected roles is on.</param>
/// <param name="Rules">Its rules; empty ones if nothing was ever set.</param>
internal sealed record DirectoryTerms(string Id, bool Closed, string? OrganizationId, bool Guarded, RoleRules Rules);

/// <summary>
/// The directories that a transaction writes to, each locked: whoever changes what roles follow from, or the roles themselves, stands in its
/// queue before he reads. So no two decisions about one user are made from different views, and nothing that comes meanwhile is missed.
/// </summary>
internal sealed class Terms
{
    /// <summary>What has to have arrived once before anything may be concluded from what is missing.</summary>
    public static readonly string[] Feeds = ["identity", "attribute-mapping", "group-membership"];

    private readonly Dictionary<string, DirectoryTerms> directories;

    private readonly Dictionary<string, Role> roles;

    private Terms(Dictionary<string, DirectoryTerms> directories, Dictionary<string, Role> roles, bool ready) =>
        (this.directories, this.roles, Ready) = (directories, roles, ready);

    /// <summary>All that exists has arrived. Until then only what takes every role from a user has an effect.</summary>
    public bool Ready { get; }

    public IEnumerable<DirectoryTerms> All => directories.Values;

    public DirectoryTerms this[string directoryId] => directories[directoryId];

    public static string? Traceparent => Activity.Current is { Recorded: true } activity ? activity.Id : null;

    /// <summary>True once all that exists has arrived.</summary>
    public static SqlText IsReady => $"((select count(*) from feed_positions where complete and feed = any({Feeds})) = {(long)Feeds.Length})";

    /// <summary>Locks the directories, in an order that everybody keeps, until the transaction ends; then reads.</summary>
    public static async Task<Terms> LockAsync(Transaction tx, IEnumerable<string> directoryIds, CancellationToken ct)
    {
        var ids = directoryIds.Distinct().ToArray();
        var ready = false;
        var directories = new Dictionary<string, DirectoryTerms>();
        var roles = new Dictionary<string, Role>();
        await tx.ReadAllAsync(
            [
                ($"select {Transaction.FindByKeys}", _ => { }),
                (Transaction.Lock("directory", ids), _ => { }),
                (
                    $"""
                    select i.id, c.directory_id is not null, d.organization_id, g.organization_id is not null, r.data, {IsReady}
                    from unnest({ids}) as i (id)
                    left join closed_directories c on c.directory_id = i.id
                    left join directories d on d.directory_id = i.id
                    left join role_guards g on g.organization_id = d.organization_id
                    left join role_rules r on r.directory_id = i.id
                    """,
                    row =>
                    {
                        ready = row.GetBoolean(5);
                        directories.Add(row.GetString(0), Read(row));
                    }),
                (RoleStore.All, row => RoleStore.AddTo(roles, row)),
            ],
            ct);
        return new(directories, roles, ready);
    }

    private static DirectoryTerms Read(NpgsqlDataReader row) => new(
        row.GetString(0),
        row.GetBoolean(1),
        row.IsDBNull(2) ? null : row.GetString(2),
        row.GetBoolean(3),
        row.IsDBNull(4)
            ? new() { DirectoryId = row.GetString(0), Mode = RoleMode.Priority }
            : RoleRules.Parser.ParseFrom(row.GetFieldValue<byte[]>(4)));

    public bool IsOpen(string directoryId) => !directories[directoryId].Closed;

    /// <summary>Reads the groups that rules name, and makes the rules ready.</summary>
    public async Task<Rulings> ReadRulingsAsync(Transaction tx, CancellationToken ct)
    {
        var groups = await GroupNames.ReadAsync(tx, directories.Values.Select(d => d.Rules), ct);
        return new(roles, directories.Values.ToDictionary(d => d.Id, d => new Ruling(d.Rules, roles, groups[d.Id])));
    }
}

/// <summary>The rules of the directories of a transaction, ready to be applied.</summary>
internal sealed record Rulings(IReadOnlyDictionary<string, Role> Roles, IReadOnlyDictionary<string, Ruling> Of)
{
    public string[] GroupIds => [.. Of.Values.SelectMany(ruling => ruling.GroupIds).Distinct()];
}

/// <summary>Which groups bear the names that rules name.</summary>
internal static class GroupNames
{
    public static async Task<Dictionary<string, ILookup<string, string>>> ReadAsync(
        Transaction tx, IEnumerable<RoleRules> rules, CancellationToken ct)
    {
        var all = rules.ToList();
        var named = all.SelectMany(r => KeysOf(r).Select(key => (r.DirectoryId, Key: key))).ToList();
        var found = named.Count == 0 ? [] : await tx.Sql($"""
            select g.directory_id, g.name_key, g.id
            from unnest({named.Select(n => n.DirectoryId).ToArray()}, {named.Select(n => n.Key).ToArray()}) as n (directory_id, name_key)
            join groups g on g.directory_id = n.directory_id and g.name_key = n.name_key
            """).ListAsync(row => (DirectoryId: row.GetString(0), Key: row.GetString(1), Id: row.GetString(2)), ct);
        return all.ToDictionary(
            r => r.DirectoryId, r => found.Where(f => f.DirectoryId == r.DirectoryId).ToLookup(f => f.Key, f => f.Id));
    }

    public static IEnumerable<string> KeysOf(RoleRules rules) => rules.Rules
        .Where(rule => rule.ConditionCase == RoleRule.ConditionOneofCase.GroupName)
        .Select(rule => Ruling.NameKey(rule.GroupName))
        .Distinct();
}

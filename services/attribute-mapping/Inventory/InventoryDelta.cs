using System.Runtime.InteropServices;
using DirectorySync.Chassis.Sql;

namespace DirectorySync.AttributeMapping.Inventory;

/// <summary>What a batch of users changes in the inventory: cost follows the batch, never the directory.</summary>
internal sealed class InventoryDelta
{
    private const int MostEntries = InventoryStore.MostEntries;
    private const int Samples = 5;

    /// <summary>That an attribute is still seen is noted no more often.</summary>
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);

    private readonly Dictionary<(string DirectoryId, string UserId), (AttributeShape? Before, AttributeShape? After)> users = [];
    private readonly HashSet<(string DirectoryId, AttributeShape Shape)> seen = [];

    /// <summary>A user's next change in the batch.</summary>
    public void Add(string directoryId, string userId, AttributeShape? before, AttributeShape? after)
    {
        users[(directoryId, userId)] = (users.TryGetValue((directoryId, userId), out var known) ? known.Before : before, after);
        if (after is not null)
        {
            seen.Add((directoryId, after));
        }
    }

    /// <summary>The statements that apply it, in one round trip.</summary>
    public IEnumerable<SqlText> Statements(DateTimeOffset now)
    {
        var entries = Entries();
        if (entries.Count == 0)
        {
            yield break;
        }

        // In one order, so that two replicas wait for each other instead of stopping each other.
        var rows = entries.OrderBy(entry => entry.Key, Comparer<(string, string, string)>.Create(Compare)).ToList();
        var keys = rows.ConvertAll(row => row.Key).ToArray();
        var changes = rows.ConvertAll(row => row.Value);
        var directories = Array.ConvertAll(keys, k => k.DirectoryId);
        var namespaces = Array.ConvertAll(keys, k => k.Namespace);
        var names = Array.ConvertAll(keys, k => k.Name);
        var counts = changes.Select(e => e.Count).ToArray();
        var seen = changes.Select(e => e.Seen).ToArray();
        var gained = changes.Select(e => string.Join(' ', e.Gained.Select(Uri.EscapeDataString))).ToArray();
        var lost = changes.Select(e => string.Join(' ', e.Lost.Select(Uri.EscapeDataString))).ToArray();
        yield return $"""
            insert into inventory as i (directory_id, namespace, name, user_count, sample_user_ids, first_seen_time, last_seen_time)
            select d.directory_id, d.namespace, d.name, 0, array[]::text[], {now}, {now}
            from (
              select n.*, row_number() over (partition by n.directory_id order by n.namespace, n.name)
                + (select count(*) from inventory c where c.directory_id = n.directory_id) as position
              from unnest({directories}, {namespaces}, {names}) as n (directory_id, namespace, name)
              where not exists (
                select from inventory o where o.directory_id = n.directory_id and o.namespace = n.namespace and o.name = n.name)
            ) d
            where d.position <= {MostEntries}
            """;
        yield return $"""
            update inventory i
            set user_count = i.user_count + d.count,
              last_seen_time = case when d.seen then {now} else i.last_seen_time end,
              sample_user_ids = (
                string_to_array(d.gained, ' ')
                || array(select s.id from unnest(i.sample_user_ids) as s (id)
                         where s.id <> all (string_to_array(d.lost, ' ')) and s.id <> all (string_to_array(d.gained, ' ')))
              )[1:{Samples}]
            from unnest({directories}, {namespaces}, {names}, {counts}, {seen}, {gained}, {lost})
              as d (directory_id, namespace, name, count, seen, gained, lost)
            where i.directory_id = d.directory_id and i.namespace = d.namespace and i.name = d.name
              and (d.count <> 0 or d.gained <> '' or d.lost <> '' or (d.seen and i.last_seen_time < {now - SeenEvery}))
            """;
    }

    private static int Compare((string, string, string) one, (string, string, string) other) =>
        string.CompareOrdinal(one.Item1, other.Item1) is not 0 and var byDirectory ? byDirectory
        : string.CompareOrdinal(one.Item2, other.Item2) is not 0 and var byNamespace ? byNamespace
        : string.CompareOrdinal(one.Item3, other.Item3);

    private Dictionary<(string DirectoryId, string Namespace, string Name), Entry> Entries()
    {
        var entries = new Dictionary<(string DirectoryId, string Namespace, string Name), Entry>();
        foreach (var (directoryId, shape) in seen)
        {
            foreach (var key in shape.Keys)
            {
                Of(directoryId, key).Seen = true;
            }
        }

        // Many users change alike.
        foreach (var alike in users.GroupBy(user => (user.Key.DirectoryId, user.Value.Before, user.Value.After), user => user.Key.UserId))
        {
            var (directoryId, before, after) = alike.Key;
            foreach (var key in Without(after, before))
            {
                var entry = Of(directoryId, key);
                entry.Count += alike.Count();
                entry.Gained.AddRange(alike.Take(Samples - Math.Min(Samples, entry.Gained.Count)));
            }

            foreach (var key in Without(before, after))
            {
                var entry = Of(directoryId, key);
                entry.Count -= alike.Count();
                entry.Lost.AddRange(alike);
            }
        }

        return entries;

        Entry Of(string directoryId, (string Namespace, string Name) key)
        {
            ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(entries, (directoryId, key.Namespace, key.Name), out _);
            return entry ??= new();
        }
    }

    private static IEnumerable<(string Namespace, string Name)> Without(AttributeShape? shape, AttributeShape? other) =>
        shape is null || shape == other ? []
        : other is null ? shape.Keys
        : shape.Keys.Where(key => !other.Keys.Contains(key));

    private sealed class Entry
    {
        public long Count { get; set; }

        public bool Seen { get; set; }

        public List<string> Gained { get; } = [];

        public List<string> Lost { get; } = [];
    }
}

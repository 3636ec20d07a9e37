using DirectorySync.Chassis.Sql;

namespace DirectorySync.AttributeMapping.Inventory;

/// <summary>What a batch of users changes in the inventory: cost follows the batch, never the directory.</summary>
internal sealed class InventoryDelta
{
    private const int MostEntries = InventoryStore.MostEntries;
    private const int Samples = 5;

    private readonly SortedDictionary<(string DirectoryId, string Namespace, string Name), Entry> entries =
        new(Comparer<(string, string, string)>.Create(Compare));

    public void Add(string directoryId, string userId, IReadOnlySet<(string, string)>? before, IReadOnlySet<(string, string)>? after)
    {
        foreach (var (urn, name) in after ?? new HashSet<(string, string)>())
        {
            var entry = Of(directoryId, urn, name);
            entry.Seen = true;
            if (before is null || !before.Contains((urn, name)))
            {
                entry.Count++;
                entry.Lost.Remove(userId);
                entry.Gained.Add(userId);
            }
        }

        foreach (var (urn, name) in before ?? new HashSet<(string, string)>())
        {
            if (after is null || !after.Contains((urn, name)))
            {
                var entry = Of(directoryId, urn, name);
                entry.Count--;
                entry.Gained.Remove(userId);
                entry.Lost.Add(userId);
            }
        }
    }

    /// <summary>The statements that apply it, in one round trip.</summary>
    public IEnumerable<SqlText> Statements(DateTimeOffset now)
    {
        if (entries.Count == 0)
        {
            yield break;
        }

        var keys = entries.Keys.ToArray();
        var directories = Array.ConvertAll(keys, k => k.DirectoryId);
        var namespaces = Array.ConvertAll(keys, k => k.Namespace);
        var names = Array.ConvertAll(keys, k => k.Name);
        var counts = entries.Values.Select(e => e.Count).ToArray();
        var seen = entries.Values.Select(e => e.Seen).ToArray();
        var gained = entries.Values.Select(e => string.Join(' ', e.Gained.Take(Samples).Select(Uri.EscapeDataString))).ToArray();
        var lost = entries.Values.Select(e => string.Join(' ', e.Lost.Select(Uri.EscapeDataString))).ToArray();
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
            """;
    }

    private static int Compare((string, string, string) one, (string, string, string) other) =>
        string.CompareOrdinal(one.Item1, other.Item1) is not 0 and var byDirectory ? byDirectory
        : string.CompareOrdinal(one.Item2, other.Item2) is not 0 and var byNamespace ? byNamespace
        : string.CompareOrdinal(one.Item3, other.Item3);

    private Entry Of(string directoryId, string urn, string name)
    {
        if (!entries.TryGetValue((directoryId, urn, name), out var entry))
        {
            entries[(directoryId, urn, name)] = entry = new();
        }

        return entry;
    }

    private sealed class Entry
    {
        public long Count { get; set; }

        public bool Seen { get; set; }

        public HashSet<string> Gained { get; } = [];

        public HashSet<string> Lost { get; } = [];
    }
}

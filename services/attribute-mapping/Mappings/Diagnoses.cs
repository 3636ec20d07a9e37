using DirectorySync.AttributeMapping.Engine;
using DirectorySync.AttributeMapping.Inventory;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;

namespace DirectorySync.AttributeMapping.Mappings;

/// <summary>How each mapping of a directory does, and why an attribute is not syncing.</summary>
internal sealed class Diagnoses(Database database, InventoryStore inventory)
{
    private sealed record Wrong(string Attribute, string Code, long Count, string[] UserIds, string[] Values);

    public async Task<List<Diagnosis>> OfAsync(
        DirectoryMapping mapping, IReadOnlyList<Definition> definitions, Provider provider, CancellationToken ct)
    {
        var directoryId = mapping.DirectoryId;
        var plan = new MappingPlan(definitions, mapping.Rules, provider);
        var rows = await inventory.ListAllAsync(directoryId, ct);
        rows.AddRange(await inventory.CountAsync(directoryId, new Arrivals(rows).Uncounted(plan.Rules.SelectMany(rule => rule.Paths)), ct));
        var arrived = new Arrivals(rows);
        var wrong = (await ListWrongAsync(directoryId, ct)).ToLookup(w => w.Attribute);
        var found = new List<Diagnosis>();
        var used = new List<(Diagnosis Diagnosis, InventoryRow Row)>();
        foreach (var rule in plan.Rules)
        {
            found.AddRange(DiagnosisRules.Of(rule, arrived, used));
            found.AddRange(wrong[rule.Definition.Name].Select(w => OfValues(rule, w)));
        }

        found.AddRange(DiagnosisRules.WithoutDefinition(mapping.Rules, definitions));
        found.AddRange(DiagnosisRules.StrayTags(arrived, provider));
        var samples = await inventory.ReadSamplesAsync(directoryId, [.. used.Select(u => u.Row).Distinct()], ct);
        foreach (var (diagnosis, row) in used)
        {
            diagnosis.Examples.Add(samples[row].Select(s => new DiagnosisExample { UserId = s.UserId, Value = s.Value }));
        }

        return found;
    }

    private static Diagnosis OfValues(CompiledRule rule, Wrong wrong)
    {
        var missing = wrong.Code == Problems.RequiredMissing;
        return new()
        {
            Attribute = rule.Definition.Name,
            Code = missing ? DiagnosisCode.RequiredMissing : DiagnosisCode.ValuesInvalid,
            UserCount = wrong.Count,
            Detail = missing
                ? $"{Users(wrong.Count)} no value, although the attribute is required."
                : wrong.Code == Problems.ValueUnlisted
                    ? $"{Users(wrong.Count)} a value that the value table does not list."
                    : $"{Users(wrong.Count)} a value that cannot be read as {rule.Definition.Type.ToString().ToLowerInvariant()}.",
            Remedy = missing ? Remedies.GiveValues(rule.Provider) : Remedies.CorrectValues(rule.Provider),
            Examples = { wrong.UserIds.Zip(wrong.Values, (id, value) => new DiagnosisExample { UserId = id, Value = value }) },
        };
    }

    private static string Users(long count) => count == 1 ? "1 user has" : $"{count} users have";

    private Task<List<Wrong>> ListWrongAsync(string directoryId, CancellationToken ct) => database.Sql($"""
        select p.attribute, p.code, count(*), (array_agg(p.user_id order by p.since desc, p.user_id))[1:5],
          (array_agg(p.value order by p.since desc, p.user_id))[1:5]
        from profile_problems p
        where p.directory_id = {directoryId}
        group by p.attribute, p.code
        order by p.attribute, p.code
        """).ListAsync(
        row => new Wrong(
            row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetFieldValue<string[]>(3), row.GetFieldValue<string[]>(4)),
        ct);
}

/// <summary>The inventory as diagnosis asks it.</summary>
internal sealed class Arrivals
{
    private readonly Dictionary<string, InventoryRow> byPath = new(StringComparer.OrdinalIgnoreCase);

    public Arrivals(IEnumerable<InventoryRow> rows)
    {
        foreach (var row in rows)
        {
            // Of two spellings the one that still arrives.
            if (!byPath.TryGetValue(row.Path, out var other) || other.UserCount < row.UserCount)
            {
                byPath[row.Path] = row;
            }
        }
    }

    public IEnumerable<InventoryRow> Arriving => byPath.Values.Where(r => r.UserCount > 0).OrderByDescending(r => r.UserCount);

    public InventoryRow? Find(SourcePath path)
    {
        var rows = path.Spellings.Select(text => byPath.GetValueOrDefault(text)).Where(row => row is not null).ToList();
        return rows.MaxBy(row => row!.UserCount);
    }

    /// <summary>Without its filter: whether elements arrive at all.</summary>
    public InventoryRow? FindUnfiltered(SourcePath path) => path.Filter is null ? null
        : SourcePath.Of(path.Unfiltered) is { } unfiltered ? Find(unfiltered) : null;

    /// <summary>Paths of whose attribute something arrives, and which the inventory does not count.</summary>
    public IReadOnlyList<SourcePath> Uncounted(IEnumerable<SourcePath> paths) =>
    [
        .. paths.Where(path => !path.IsCounted && SourcePath.Of(path.Whole) is { } whole && Find(whole) is { UserCount: > 0 })
            .DistinctBy(path => path.Text),
    ];
}

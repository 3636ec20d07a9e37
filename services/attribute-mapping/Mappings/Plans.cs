using System.Collections.Concurrent;
using DirectorySync.AttributeMapping.Definitions;
using DirectorySync.AttributeMapping.Engine;
using DirectorySync.AttributeMapping.Profiles;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.V1;

namespace DirectorySync.AttributeMapping.Mappings;

/// <summary>Definitions and mapping of a directory, ready to be applied. Versions name them, so what is remembered is never stale.</summary>
internal sealed class Plans
{
    private const int MostRemembered = 1000;

    // Directories whose mapping is all automatic share a plan: they are remembered under no name, by provider.
    private readonly ConcurrentDictionary<(string DirectoryId, Provider Provider), (long Definitions, long Mapping, MappingPlan Plan)> remembered = new();

    /// <summary>
    /// Holds the versions for share until the transaction ends: a change of a definition or mapping waits, and what is recomputed after
    /// it sees all that was mapped before it. Also has PostgreSQL look batches up by index, whatever it believes of a table that grows.
    /// </summary>
    public static SqlText HoldDefinitions => $"""
        select v.version, {Transaction.FindByKeys}
        from definition_versions v
        for share
        """;

    public static Task<long> HoldDefinitionsAsync(Transaction tx, CancellationToken ct) =>
        tx.Sql(HoldDefinitions).SingleAsync(row => row.GetInt64(0), ct);

    public async Task<MappingPlan> GetAsync(
        Transaction tx, string directoryId, long definitionVersion, HeldDirectory directory, CancellationToken ct)
    {
        var (mappingVersion, provider) = directory;
        var key = (mappingVersion == 0 ? "" : directoryId, provider);
        if (remembered.TryGetValue(key, out var known) && known.Definitions == definitionVersion && known.Mapping == mappingVersion)
        {
            return known.Plan;
        }

        var definitions = DefinitionStore.Merge(await tx.Sql($"select data from definitions").ListAsync(DefinitionStore.Read, ct));
        var rules = mappingVersion == 0 ? [] : await tx.Sql($"""
            select data from mapping_versions where directory_id = {directoryId} and version = {mappingVersion}
            """).SingleAsync(row => DirectoryMapping.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)).Rules, ct);
        var plan = new MappingPlan(definitions, rules, provider);
        if (remembered.Count >= MostRemembered)
        {
            remembered.Clear();
        }

        remembered[key] = (definitionVersion, mappingVersion, plan);
        return plan;
    }
}

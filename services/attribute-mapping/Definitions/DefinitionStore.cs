using DirectorySync.AttributeMapping.Engine;
using DirectorySync.Chassis.Audit;
using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using Google.Protobuf;
using Npgsql;

namespace DirectorySync.AttributeMapping.Definitions;

/// <summary>Definitions in PostgreSQL: the well-known ones are rows once they are changed. A change counts in the definitions' version.</summary>
internal sealed class DefinitionStore(Database database, ChangeFeed feed)
{
    private const string Thing = "definition";

    public static Definition Read(NpgsqlDataReader row) => Definition.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));

    /// <summary>All that there are: standard, predefined, custom, each by name.</summary>
    public static List<Definition> Merge(IReadOnlyCollection<Definition> stored)
    {
        var names = stored.Select(d => d.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. KnownDefinitions.All.Where(d => !names.Contains(d.Name)).Concat(stored)
                .OrderBy(d => d.Origin).ThenBy(d => d.Name, StringComparer.Ordinal),
        ];
    }

    public async Task<(List<Definition> Definitions, long Version)> ListAsync(CancellationToken ct)
    {
        var rows = await database.Sql($"""
            select d.data, v.version from definition_versions v left join definitions d on true
            """).ListAsync(row => (Stored: row.IsDBNull(0) ? null : Read(row), Version: row.GetInt64(1)), ct);
        return (Merge([.. rows.Where(r => r.Stored is not null).Select(r => r.Stored!)]), rows[0].Version);
    }

    public async Task<Definition?> FindAsync(string name, CancellationToken ct) =>
        await database.Sql($"select data from definitions where name_key = {Key(name)}").FindAsync(Read, ct) ?? KnownDefinitions.Find(name);

    /// <summary>The same definition again is answered as it is: a retry.</summary>
    public Task<Definition> CreateAsync(Definition definition, int most, CancellationToken ct)
    {
        Definition? created = null;
        return ChangeAsync(
            async tx =>
            {
                var (count, taken) = await tx.Sql($"""
                    select count(*), coalesce(bool_or(name_key = {Key(definition.Name)}), false) from definitions
                    """).SingleAsync(row => (row.GetInt64(0), row.GetBoolean(1)), ct);
                if (taken && await tx.Sql($"select data from definitions where name_key = {Key(definition.Name)}").SingleAsync(Read, ct)
                    is { } existing && DefinitionRules.AreSame(existing, definition))
                {
                    created = existing;
                    return null;
                }

                if (taken || KnownDefinitions.Find(definition.Name) is not null)
                {
                    throw ErrorReason.DefinitionNameTaken.ToRpc(
                        $"An attribute \"{definition.Name}\" is defined already, whatever the case.",
                        ("attribute", "name"), ("value", definition.Name), ("remedy", "Choose another name, or change that definition."));
                }

                if (count >= most)
                {
                    throw Inputs.TooMany("definitions", (int)count + 1, most);
                }

                // What was deleted under this name had versions too.
                definition.Version = await NextVersionAsync(tx, ct);
                return definition;
            },
            deleted: false,
            ct,
            unchanged: () => Task.FromResult(created));
    }

    public Task<Definition> UpdateAsync(string name, long expectedVersion, Func<Definition, Definition> change, CancellationToken ct) =>
        ChangeAsync(
            async tx =>
            {
                var current = await ReadForChangeAsync(tx, name, expectedVersion, ct);
                var changed = change(current.Clone());
                if (changed.Equals(current))
                {
                    return null;
                }

                changed.Version = await NextVersionAsync(tx, ct);
                return changed;
            },
            deleted: false,
            ct,
            unchanged: () => FindAsync(name, ct)!);

    public Task DeleteAsync(string name, long expectedVersion, CancellationToken ct) => ChangeAsync(
        async tx =>
        {
            var current = await ReadForChangeAsync(tx, name, expectedVersion, ct);
            DefinitionRules.RequireCustom(current);
            current.Version = await NextVersionAsync(tx, ct);
            return current;
        },
        deleted: true,
        ct);

    private static string Key(string name) => name.ToLowerInvariant();

    private static async Task<Definition> ReadForChangeAsync(Transaction tx, string name, long expectedVersion, CancellationToken ct)
    {
        var current = await tx.Sql($"select data from definitions where name_key = {Key(name)}").FindAsync(Read, ct)
            ?? KnownDefinitions.Find(name) ?? throw Inputs.NotFound(Thing);
        return expectedVersion == 0 || expectedVersion == current.Version ? current : throw Inputs.Stale(Thing);
    }

    private static Task<long> NextVersionAsync(Transaction tx, CancellationToken ct) =>
        tx.Sql($"update definition_versions set version = version + 1 returning version").SingleAsync(row => row.GetInt64(0), ct);

    // The version's row, locked first, is what lets one change of definitions follow the other.
    private async Task<Definition> ChangeAsync(
        Func<Transaction, Task<Definition?>> decide, bool deleted, CancellationToken ct, Func<Task<Definition?>>? unchanged = null)
    {
        var written = await database.InTransactionAsync(
            async tx =>
            {
                await tx.Sql($"select version from definition_versions for update").ExecuteAsync(ct);
                if (await decide(tx) is not { } definition)
                {
                    return null;
                }

                var before = await tx.Sql($"select data from definitions where name_key = {Key(definition.Name)}").FindAsync(Read, ct)
                    ?? KnownDefinitions.Find(definition.Name);
                tx.Audit(
                    deleted ? "attribute_definition.deleted" : before is null ? "attribute_definition.created" : "attribute_definition.updated",
                    definition.Name, before, deleted ? null : definition);
                var (key, data) = (Key(definition.Name), definition.ToByteArray());
                await tx.ExecuteAllAsync(
                    [
                        deleted
                            ? (SqlText)$"delete from definitions where name_key = {key}"
                            : $"""
                                insert into definitions (name_key, version, data) values ({key}, {definition.Version}, {data})
                                on conflict (name_key) do update set version = excluded.version, data = excluded.data
                                """,
                        Changes.Append("", Definition.Descriptor, key, definition.Version, deleted, data),
                    ],
                    ct);
                return definition;
            },
            ct);
        feed.Wake();
        return written ?? await unchanged!() ?? throw Inputs.NotFound(Thing);
    }
}

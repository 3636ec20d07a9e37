using System.Collections.Concurrent;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.Directories;
using Npgsql;

namespace DirectorySync.Identity.Users;

/// <summary>What a write of a user has to respect: the directory's state and policies and the organization's domains.</summary>
internal sealed record DirectoryTerms(Directory Directory, long OrganizationVersion, string[] Domains)
{
    public DirectoryPolicies Policies => Directory.Policies;

    public bool AcceptsUsers => DirectoryStates.AcceptsUsers(Directory.State);

    /// <summary>Columns for <see cref="Read"/>, of directories `d` joined with organizations `o`.</summary>
    public static SqlText Columns => $"""
        d.data, o.version, array(select domain from organization_domains where organization_id = o.id order by domain)
        """;

    public static DirectoryTerms Read(NpgsqlDataReader row) => new(
        Directory.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), row.GetInt64(1), row.GetFieldValue<string[]>(2));
}

/// <summary>
/// Remembers terms, so that creating a user is one statement. Nothing is decided by what is remembered alone: the statement compares
/// the versions under the directory's lock and writes nothing if they are old, and a refusal is decided from terms read anew.
/// </summary>
internal sealed class RememberedTerms(Database database)
{
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, DirectoryTerms> remembered = new();

    public DirectoryTerms? Find(string directoryId) => remembered.GetValueOrDefault(directoryId);

    /// <summary>Reads them anew.</summary>
    public async Task<DirectoryTerms?> ReadAsync(string directoryId, CancellationToken ct)
    {
        var terms = await database.Sql($"""
            select {DirectoryTerms.Columns} from directories d join organizations o on o.id = d.organization_id where d.id = {directoryId}
            """).FindAsync(DirectoryTerms.Read, ct);
        if (terms is null)
        {
            remembered.TryRemove(directoryId, out _);
            return null;
        }

        if (remembered.Count >= Most)
        {
            remembered.Clear();
        }

        remembered[directoryId] = terms;
        return terms;
    }
}

using System.Xml.Linq;
using DirectorySync.Keys.V1;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace DirectorySync.Chassis.Keys;

/// <summary>Data Protection's keys in the service's own database. The framework asks for them seldom, and cannot wait.</summary>
internal sealed class StoredKeys(NpgsqlDataSource source) : IXmlRepository
{
    public IReadOnlyCollection<XElement> GetAllElements() => [.. List().Select(key => XElement.Parse(key.Xml))];

    public void StoreElement(XElement element, string friendlyName) =>
        Add(new() { Name = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) });

    public List<StoredKey> List()
    {
        using var command = source.CreateCommand("select name, xml from data_protection_keys order by create_time, name");
        using var reader = command.ExecuteReader();
        var keys = new List<StoredKey>();
        while (reader.Read())
        {
            keys.Add(new() { Name = reader.GetString(0), Xml = reader.GetString(1) });
        }

        return keys;
    }

    /// <summary>
    /// Adds the key; unless it is a new one while another was made within the last minute. Replicas that find no key all make one at the same
    /// time, each reads again what there is, and so all use the same.
    /// </summary>
    public void Add(StoredKey key)
    {
        // One transaction of two statements: the second sees what was committed while the first waited.
        using var batch = source.CreateBatch();
        batch.BatchCommands.Add(new("select pg_advisory_xact_lock(hashtext('data_protection_keys'))"));
        batch.BatchCommands.Add(new("""
            insert into data_protection_keys (name, xml)
            select $1, $2
            where $1 not like 'key-%' or not exists (
              select from data_protection_keys k where k.name like 'key-%' and k.create_time > clock_timestamp() - interval '1 minute')
            on conflict do nothing
            """)
        {
            Parameters = { new() { Value = key.Name }, new() { Value = key.Xml } },
        });
        batch.ExecuteNonQuery();
    }
}

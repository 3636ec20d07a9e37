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

    public void Add(StoredKey key)
    {
        using var command = source.CreateCommand("insert into data_protection_keys (name, xml) values ($1, $2) on conflict do nothing");
        command.Parameters.Add(new() { Value = key.Name });
        command.Parameters.Add(new() { Value = key.Xml });
        command.ExecuteNonQuery();
    }
}

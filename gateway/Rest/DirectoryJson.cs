using System.Text.Json;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>Directories as the contract writes them, and what is our own beside it.</summary>
internal static class DirectoryJson
{
    public static readonly (string Name, Provider Value)[] Types =
    [
        ("okta scim v2.0", Provider.Okta), ("azure scim v2.0", Provider.Entra), ("generic scim v2.0", Provider.Generic),
    ];

    /// <summary>What may be set; "deleting" is only seen.</summary>
    public static readonly (string Name, DirectoryState Value)[] Deliveries =
    [
        ("preview", DirectoryState.Preview), ("active", DirectoryState.Active), ("paused", DirectoryState.Paused),
        ("disabled", DirectoryState.Disabled),
    ];

    /// <param name="json">Where to.</param>
    /// <param name="directory">What.</param>
    /// <param name="baseUrl">Its SCIM base URL.</param>
    /// <param name="groups">How many groups it has; null: unknown at the moment, then there are no counts at all.</param>
    public static void Write(Utf8JsonWriter json, Directory directory, string baseUrl, long? groups)
    {
        json.WriteStartObject();
        json.WriteString("object", "directory");
        json.WriteString("id", directory.Id);
        json.WriteString("organization_id", directory.OrganizationId);
        json.WriteString("external_key", directory.EndpointKey);
        json.WriteText("endpoint_label", directory.EndpointLabel);
        json.WriteString("scim_base_url", baseUrl);
        json.WriteString("type", Types.First(type => type.Value == directory.Provider).Name);
        json.WriteString("state", State(directory));
        json.WriteString("delivery", Deliveries.FirstOrDefault(delivery => delivery.Value == directory.State).Name ?? "deleting");
        json.WriteString("name", directory.Name);
        if (directory.Domain.Length > 0)
        {
            json.WriteString("domain", directory.Domain);
        }

        json.WritePropertyName("policies");
        PolicyJson.Write(json, directory);
        if (groups is { } count)
        {
            json.WriteStartObject("metadata");
            json.WriteStartObject("users");
            json.WriteNumber("active", directory.UserCounts?.Active ?? 0);
            json.WriteNumber("inactive", directory.UserCounts?.Inactive ?? 0);
            json.WriteEndObject();
            json.WriteNumber("groups", count);
            json.WriteEndObject();
        }

        json.WriteStartObject("connection");
        json.WriteTime("first_contact_at", directory.Connection?.FirstContactTime);
        json.WriteTime("last_contact_at", directory.Connection?.LastContactTime);
        json.WriteTime("last_failure_at", directory.Connection?.LastFailureTime);
        json.WriteEndObject();
        json.WriteTime("created_at", directory.CreateTime);
        json.WriteTime("updated_at", directory.UpdateTime);
        json.WriteEndObject();
    }

    /// <summary>The contract's state: what was seen of the identity provider.</summary>
    public static string State(Directory directory) => (directory.State, directory.Connection?.State) switch
    {
        (DirectoryState.Deleting, _) => "deleting",
        (_, ConnectionState.Tested) => "validating",
        (_, ConnectionState.Connected) => "linked",
        (_, ConnectionState.FailingCredentials) => "invalid_credentials",
        _ => "unlinked",
    };
}

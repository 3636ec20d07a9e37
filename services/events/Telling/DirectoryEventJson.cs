using System.Text.Json;
using DirectorySync.DirectoryApi;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Events.Telling;

/// <summary>The data of events, as canonical JSON text.</summary>
internal static class DirectoryEventJson
{
    public static string Of(DirectoryUser user) => Text(json => DirectoryUserJson.Write(json, user));

    public static string Of(DirectoryUser before, DirectoryUser after) =>
        Text(json => DirectoryUserJson.Write(json, after, more => PreviousAttributes.Write(more, before, after)));

    public static string Of(DirectoryGroup group) => Text(json => DirectoryGroupJson.Write(json, group));

    public static string Of(DirectoryGroup before, DirectoryGroup after) =>
        Text(json => DirectoryGroupJson.Write(json, after, more => PreviousAttributes.Write(more, before, after)));

    public static string OfMembership(DirectoryUser user, DirectoryGroup group) => Text(json =>
    {
        json.WriteStartObject();
        json.WriteString("directory_id", user.DirectoryId);
        json.WritePropertyName("user");
        DirectoryUserJson.Write(json, user);
        json.WritePropertyName("group");
        DirectoryGroupJson.Write(json, group);
        json.WriteEndObject();
    });

    public static string OfActivated(Directory directory, Organization? organization) => Text(json => Write(json, directory, more =>
    {
        more.WriteString("external_key", directory.EndpointKey);
        more.WriteStartArray("domains");
        foreach (var domain in organization?.Domains ?? [])
        {
            more.WriteStartObject();
            more.WriteString("object", "organization_domain");
            more.WriteString("id", domain.Id);
            more.WriteString("domain", domain.Domain);
            more.WriteEndObject();
        }

        more.WriteEndArray();
    }));

    public static string Of(ScimToken token, Directory directory) => Text(json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "directory_token");
        json.WriteString("id", token.Id);
        json.WriteString("directory_id", directory.Id);
        json.WriteString("organization_id", directory.OrganizationId);
        json.WriteString("token_suffix", token.Suffix);
        json.WriteTime("created_at", token.CreateTime);
        json.WriteEndObject();
    });

    public static string OfDeleted(Directory directory) => Text(json => Write(json, directory, _ => { }));

    public static string OfAlert(Alert alert, string organizationId) => Text(json =>
    {
        json.WriteStartObject();
        json.WriteString("object", "alert");
        json.WriteString("id", alert.Id);
        json.WriteString("directory_id", alert.DirectoryId);
        json.WriteString("organization_id", organizationId);
        json.WriteString("code", alert.Code);
        json.WriteString("resource_id", alert.ResourceId);
        json.WriteString("message", alert.Detail);
        json.WriteString("remedy", alert.Remedy);
        json.WriteTime("started_at", alert.StartTime);
        if (alert.EndTime is not null)
        {
            json.WriteTime("ended_at", alert.EndTime);
        }

        json.WriteEndObject();
    });

    private static void Write(Utf8JsonWriter json, Directory directory, Action<Utf8JsonWriter> more)
    {
        json.WriteStartObject();
        json.WriteString("object", "directory");
        json.WriteString("id", directory.Id);
        json.WriteString("organization_id", directory.OrganizationId);
        json.WriteString("type", directory.Provider switch
        {
            Provider.Okta => "okta scim v2.0",
            Provider.Entra => "azure scim v2.0",
            _ => "generic scim v2.0",
        });
        json.WriteString("state", directory.State == DirectoryState.Active ? "active" : "inactive");
        json.WriteString("name", directory.Name);
        more(json);
        json.WriteTime("created_at", directory.CreateTime);
        json.WriteTime("updated_at", directory.UpdateTime);
        json.WriteEndObject();
    }

    /// <summary>What is written, as canonical text.</summary>
    public static string Text(Action<Utf8JsonWriter> write)
    {
        using var stream = new System.IO.MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            write(json);
        }

        using var document = JsonDocument.Parse(stream.GetBuffer().AsMemory(0, (int)stream.Length));
        return CanonicalJson.Of(document.RootElement);
    }
}

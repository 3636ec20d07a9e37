using System.Text.Json;
using DirectorySync.DirectoryApi;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;

namespace DirectorySync.Events.Folding;

/// <summary>What the identity provider sent, as it sent it; without what is ours: id, meta, members and the groups of a user.</summary>
internal static class RawAttributesJson
{
    private static readonly string[] Ours = ["id", "meta", "members", "groups"];

    public static string Of(User user) => Write(json => UserJson.Write(json, user, ""));

    public static string Of(Group group) => Write(json =>
    {
        GroupJson.WriteStart(json, group, "");
        GroupJson.WriteEnd(json);
    });

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var whole = new System.IO.MemoryStream();
        using (var json = new Utf8JsonWriter(whole))
        {
            write(json);
        }

        using var document = JsonDocument.Parse(whole.GetBuffer().AsMemory(0, (int)whole.Length));
        using var sent = new System.IO.MemoryStream();
        using (var json = new Utf8JsonWriter(sent))
        {
            json.WriteStartObject();
            foreach (var property in document.RootElement.EnumerateObject().Where(property => !Ours.Contains(property.Name)))
            {
                property.WriteTo(json);
            }

            json.WriteEndObject();
        }

        using var copy = JsonDocument.Parse(sent.GetBuffer().AsMemory(0, (int)sent.Length));
        return CanonicalJson.Of(copy.RootElement);
    }
}

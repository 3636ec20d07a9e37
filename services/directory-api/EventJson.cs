using System.Text.Json;

namespace DirectorySync.DirectoryApi;

/// <summary>The envelope of an event, as the API lists it and as webhooks carry it.</summary>
public static class EventJson
{
    /// <summary>Writes an object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="told">What.</param>
    /// <param name="isWebhook">A webhook's body has neither "object" nor "context".</param>
    /// <param name="replay">Somebody asked for it to be sent again.</param>
    public static void Write(Utf8JsonWriter json, Event told, bool isWebhook = false, bool replay = false)
    {
        json.WriteStartObject();
        if (!isWebhook)
        {
            json.WriteString("object", "event");
        }

        json.WriteString("id", told.Id);
        json.WriteString("event", told.Type);
        json.WritePropertyName("data");
        json.WriteRawValue(told.DataJson, skipInputValidation: true);
        json.WriteTime("created_at", told.CreateTime);
        json.WriteString("directory_id", told.DirectoryId);
        json.WriteNumber("sequence", told.Sequence);
        if (told.Reason.Length > 0)
        {
            json.WriteString("reason", told.Reason);
        }

        if (told.CarriedOver)
        {
            json.WriteBoolean("carried_over", true);
        }

        if (replay)
        {
            json.WriteBoolean("replay", true);
        }

        if (!isWebhook)
        {
            json.WriteStartObject("context");
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}

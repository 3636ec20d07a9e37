using System.Text.Json;
using DirectorySync.Events.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>Webhook endpoints as the contract writes them, and what became of their deliveries.</summary>
internal static class WebhookJson
{
    public static void Write(Utf8JsonWriter json, WebhookEndpoint endpoint)
    {
        json.WriteStartObject();
        json.WriteString("object", "webhook_endpoint");
        json.WriteString("id", endpoint.Id);
        json.WriteString("endpoint_url", endpoint.Url);
        json.WriteString("secret", endpoint.Secret);
        json.WriteTime("previous_secret_expires_at", endpoint.PreviousSecret.Length > 0 ? endpoint.PreviousSecretExpireTime : null);
        json.WriteString("status", endpoint.Enabled ? "enabled" : "disabled");
        json.WriteText("disabled_reason", endpoint.DisabledReason.ToLowerInvariant());
        json.WriteStartArray("events");
        foreach (var type in endpoint.Events)
        {
            json.WriteStringValue(type);
        }

        json.WriteEndArray();
        json.WriteTime("created_at", endpoint.CreateTime);
        json.WriteTime("updated_at", endpoint.UpdateTime);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, WebhookLane lane)
    {
        json.WriteStartObject();
        json.WriteString("object", "webhook_lane");
        json.WriteString("directory_id", lane.DirectoryId);
        json.WriteString("webhook_endpoint_id", lane.EndpointId);
        json.WriteString("state", Words.Of(lane.State));
        json.WriteNumber("sequence", lane.Sequence);
        json.WriteNumber("last_sequence", lane.LastSequence);
        json.WriteNumber("attempts", lane.Attempts);
        json.WriteTime("failing_since", lane.FailingSince);
        json.WriteTime("next_attempt_at", lane.NextAttemptTime);
        json.WriteText("last_error", lane.LastError);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, DeadLetter letter)
    {
        json.WriteStartObject();
        json.WriteString("object", "dead_letter");
        json.WriteString("directory_id", letter.DirectoryId);
        json.WriteString("webhook_endpoint_id", letter.EndpointId);
        json.WriteString("event_id", letter.EventId);
        json.WriteNumber("sequence", letter.Sequence);
        json.WriteString("event", letter.EventType);
        json.WriteString("reason", letter.Reason.ToLowerInvariant());
        json.WriteText("last_error", letter.LastError);
        json.WriteTime("created_at", letter.CreateTime);
        json.WriteTime("replayed_at", letter.ReplayTime);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, DeliveryAttempt attempt)
    {
        json.WriteStartObject();
        json.WriteString("object", "delivery_attempt");
        json.WriteString("id", attempt.Id);
        json.WriteText("directory_id", attempt.DirectoryId);
        json.WriteString("webhook_endpoint_id", attempt.EndpointId);
        json.WriteString("event_id", attempt.EventId);
        json.WriteString("event", attempt.EventType);
        if (attempt.Status > 0)
        {
            json.WriteNumber("status", attempt.Status);
        }
        else
        {
            json.WriteNull("status");
        }

        json.WriteText("error", attempt.Error.ToLowerInvariant());
        json.WriteNumber("latency_ms", attempt.LatencyMilliseconds);
        json.WriteText("response_start", attempt.ResponseStart);
        json.WriteBoolean("replay", attempt.Replay);
        json.WriteTime("created_at", attempt.CreateTime);
        json.WriteEndObject();
    }
}

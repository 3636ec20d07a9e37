using System.Globalization;
using DirectorySync.Events.V1;

namespace DirectorySync.Gateway.Console.Webhooks;

/// <summary>What becomes of deliveries, in words.</summary>
internal static class WebhookWords
{
    /// <summary>Types of events that an endpoint can choose.</summary>
    public static readonly string[] Types =
    [
        "dsync.activated", "dsync.deleted", "dsync.user.created", "dsync.user.updated", "dsync.user.deleted", "dsync.group.created",
        "dsync.group.updated", "dsync.group.deleted", "dsync.group.user_added", "dsync.group.user_removed", "dsync.token.created",
        "dsync.token.revoked", "dsync.alert.started", "dsync.alert.ended",
    ];

    public static (string Word, string Look) State(WebhookEndpoint endpoint) => endpoint.Enabled ? ("enabled", "ok")
        : endpoint.DisabledReason == "GONE" ? ("disabled: it answered 410", "bad") : ("disabled", "warn");

    public static (string Word, string Look) State(WebhookLane lane) => lane.State switch
    {
        WebhookLaneState.Running => ("running", "ok"),
        WebhookLaneState.Retrying => ("retrying", "warn"),
        _ => ("stopped", "bad"),
    };

    public static bool IsFailure(DeliveryAttempt attempt) => attempt.Status is < 200 or > 299;

    public static string Outcome(DeliveryAttempt attempt) => attempt.Status > 0 ? attempt.Status.ToString(CultureInfo.InvariantCulture) : Error(attempt.Error);

    /// <summary>An error without an answer; a status as it is.</summary>
    public static string Error(string code) => code switch
    {
        "TIMEOUT" => "no answer in time",
        "CONNECTION_FAILED" => "no connection",
        "ADDRESS_NOT_ALLOWED" => "the address is not allowed",
        _ => code.Replace('_', ' ').ToLowerInvariant(),
    };
}

using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using DirectorySync.Chassis.Hosting;
using DirectorySync.DirectoryApi;
using Microsoft.Extensions.Options;

namespace DirectorySync.Events.Webhooks;

/// <summary>Posts one event to one endpoint.</summary>
internal sealed class WebhookSender(WebhookSecrets secrets, IOptions<WebhookOptions> options, TimeProvider time) : IDisposable
{
    private const int Read = 16 * 1024;
    private const int Kept = 512;

    private static readonly ActivitySource Activities = new(Telemetry.Prefix + "Webhooks");

    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        MaxConnectionsPerServer = 64,
        MaxResponseHeadersLength = 32,
        ConnectCallback = (context, ct) => AddressGuard.ConnectAsync(context.DnsEndPoint, options.Value.AllowPrivate, ct),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Never throws for what the endpoint does.</summary>
    public async Task<DeliveryResult> SendAsync(WebhookEndpoint endpoint, Event told, bool replay, int attempt, CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ct);
        timeout.CancelAfter(options.Value.Timeout);
        if (Secrets(endpoint, attempt) is not { } signing)
        {
            return Failed("SECRET_UNREADABLE");
        }

        try
        {
            using var activity = StartActivity(told, attempt);
            var body = Body(told, replay);
            using var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new("application/json");
            request.Headers.UserAgent.ParseAdd("DirectorySync-Webhooks/1.0");
            Signatures.Add(request.Headers, told.Id, body, signing, time.GetUtcNow());
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
            var start = await ReadStartAsync(response, timeout.Token);
            return new((int)response.StatusCode, "", start, Stopwatch.GetElapsedTime(started), RetryAfter(response));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return Failed("TIMEOUT");
        }
        catch (Exception e) when (e is HttpRequestException or System.IO.IOException or System.Net.Sockets.SocketException && !ct.IsCancellationRequested)
        {
            return Failed(e is AddressNotAllowedException || e.InnerException is AddressNotAllowedException ? "ADDRESS_NOT_ALLOWED" : "CONNECTION_FAILED");
        }

        DeliveryResult Failed(string error) => new(0, error, "", Stopwatch.GetElapsedTime(started));
    }

    public void Dispose() => http.Dispose();

    // Goes on with the trace of the request that led to the event, which the receiver sees in the header traceparent.
    private static Activity? StartActivity(Event told, int attempt)
    {
        var parent = ActivityContext.TryParse(told.Traceparent, null, isRemote: true, out var context) ? context : default;
        var activity = Activities.StartActivity("webhook.deliver", ActivityKind.Producer, parent);
        activity?.SetTag("event.type", told.Type).SetTag("event.id", told.Id).SetTag("directory.id", told.DirectoryId).SetTag("attempt", attempt);
        return activity;
    }

    private static byte[] Body(Event told, bool replay)
    {
        using var stream = new System.IO.MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            EventJson.Write(json, told, isWebhook: true, replay);
        }

        return stream.ToArray();
    }

    // Some receivers look at one signature only, and nobody knows which of the two secrets they have: each stands first in turn, so that a
    // receiver that refuses one attempt accepts the next.
    // Null: they cannot be read, and nothing leaves unsigned.
    private List<string>? Secrets(WebhookEndpoint endpoint, int attempt)
    {
        if (secrets.Find(endpoint.Secret) is not { } secret)
        {
            return null;
        }

        if (endpoint.PreviousSecret.Length == 0 || endpoint.PreviousSecretExpireTime.ToDateTimeOffset() <= time.GetUtcNow()
            || secrets.Find(endpoint.PreviousSecret) is not { } previous)
        {
            return [secret];
        }

        return attempt % 2 == 1 ? [previous, secret] : [secret, previous];
    }

    // What the status says stands, whatever becomes of the body.
    private static async Task<string> ReadStartAsync(HttpResponseMessage response, CancellationToken ct)
    {
        var buffer = new byte[Read];
        var length = 0;
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(ct);
            for (int count; length < Read && (count = await body.ReadAsync(buffer.AsMemory(length), ct)) > 0; length += count)
            {
            }
        }
        catch (Exception e) when (e is System.IO.IOException or HttpRequestException or OperationCanceledException)
        {
            return "";
        }

        return Encoding.UTF8.GetString(buffer, 0, Math.Min(length, Kept)).Replace("\0", "", StringComparison.Ordinal);
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) => response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable
        ? response.Headers.RetryAfter?.Delta ?? (response.Headers.RetryAfter?.Date - time.GetUtcNow())
        : null;
}

using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Kit;

/// <summary>
/// A collector of telemetry to which processes export by OTLP over HTTP. Of what arrives it can say which process sent it, and whether a word or a
/// trace id is in it: both stand in a message of protobuf as they are.
/// </summary>
public sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<byte[]> metrics = new();
    private readonly ConcurrentQueue<byte[]> traces = new();

    private OtlpReceiver(WebApplication app) => this.app = app;

    /// <summary>With these a process exports to it.</summary>
    public IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "3000",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "1000",
    };

    public static async Task<OtlpReceiver> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var receiver = new OtlpReceiver(builder.Build());
        receiver.app.MapPost("/v1/metrics", http => KeepAsync(http, receiver.metrics));
        receiver.app.MapPost("/v1/traces", http => KeepAsync(http, receiver.traces));
        await receiver.app.StartAsync();
        return receiver;
    }

    /// <summary>Whether the service has exported a metric of this name, with all of these words in the same export.</summary>
    public bool HasMetric(string service, string name, params string[] words) =>
        metrics.Any(export => IsOf(export, service) && Holds(export, name) && Array.TrueForAll(words, word => Holds(export, word)));

    /// <summary>Whether the service has exported a span of the trace.</summary>
    public bool HasSpan(string service, string traceId) =>
        traces.Any(export => IsOf(export, service) && export.AsSpan().IndexOf(Convert.FromHexString(traceId)) >= 0);

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    // The resource's attribute: a key and a value.
    private static bool IsOf(byte[] export, string service) => Contains(
        export, [.. "service.name"u8, 0x12, (byte)(service.Length + 2), 0x0A, (byte)service.Length, .. Encoding.UTF8.GetBytes(service)]);

    // A text is preceded by its length: "roles" is not found in "roles_changed".
    private static bool Holds(byte[] export, string text) => Contains(export, [(byte)text.Length, .. Encoding.UTF8.GetBytes(text)]);

    private static bool Contains(byte[] export, byte[] part) => export.AsSpan().IndexOf(part) >= 0;

    private static async Task KeepAsync(HttpContext http, ConcurrentQueue<byte[]> exports)
    {
        using var body = new System.IO.MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        exports.Enqueue(body.ToArray());

        // Tests look for what happens now: what is long past would only fill memory.
        while (exports.Count > 2000)
        {
            exports.TryDequeue(out _);
        }
    }
}

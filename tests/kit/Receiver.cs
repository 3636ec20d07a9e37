using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Kit;

/// <summary>A webhook that an application received.</summary>
public sealed record Received(string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string Id => Json.GetProperty("id").GetString()!;
}

/// <summary>An application that receives webhooks, and answers what the test says.</summary>
public sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<Received> all = new();
    private readonly ConcurrentQueue<Received> accepted = new();

    private Receiver(WebApplication app) => this.app = app;

    /// <summary>The status of the answer; 200 unless the test says otherwise.</summary>
    public Func<Received, Task<int>> Answer { get; set; } = _ => Task.FromResult(200);

    public string Url => app.Urls.Single() + "/webhooks";

    public List<Received> All => [.. all];

    /// <summary>Those that were answered by a 2xx.</summary>
    public List<Received> Accepted => [.. accepted];

    /// <param name="address">Where it listens: an address of this machine.</param>
    public static async Task<Receiver> StartAsync(string address = "127.0.0.1")
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{address}:0");
        var receiver = new Receiver(builder.Build());
        receiver.app.MapPost("/webhooks", receiver.ReceiveAsync);
        await receiver.app.StartAsync();
        return receiver;
    }

    public async ValueTask DisposeAsync() => await app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext http)
    {
        using var reader = new System.IO.StreamReader(http.Request.Body);
        var received = new Received(
            await reader.ReadToEndAsync(), http.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()));
        all.Enqueue(received);
        http.Response.StatusCode = await Answer(received);
        if (http.Response.StatusCode < 300)
        {
            accepted.Enqueue(received);
        }

        await http.Response.WriteAsync("answered");
    }
}

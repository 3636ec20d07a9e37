using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Browser.Tests;

/// <summary>One address in front of several replicas: each request goes to the next one, so that no page knows which one made it.</summary>
internal sealed class RoundRobin : IAsyncDisposable
{
    private static readonly string[] Own = ["Transfer-Encoding", "Connection", "Keep-Alive"];

    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
    private readonly WebApplication app;
    private readonly string[] replicas;
    private int turn;

    private RoundRobin(WebApplication app, string[] replicas)
    {
        this.app = app;
        this.replicas = replicas;
    }

    public string Url => app.Urls.Single();

    public static async Task<RoundRobin> StartAsync(params string[] replicas)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var all = new RoundRobin(builder.Build(), replicas);
        all.app.Run(all.ForwardAsync);
        await all.app.StartAsync();
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        http.Dispose();
    }

    private async Task ForwardAsync(HttpContext context)
    {
        var replica = replicas[(uint)Interlocked.Increment(ref turn) % replicas.Length];
        using var request = new HttpRequestMessage(new(context.Request.Method), replica + context.Request.Path + context.Request.QueryString);
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        foreach (var (name, values) in context.Request.Headers.Where(header => !Own.Contains(header.Key)))
        {
            if (!request.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => !Own.Contains(header.Key)))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }
}

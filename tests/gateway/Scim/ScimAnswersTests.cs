using System.Text;
using System.Text.Json;
using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Scim;
using DirectorySync.Gateway.Scim.Messages;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Tests.Scim;

public sealed class ScimAnswersTests
{
    [Theory]
    [InlineData("/scim/v2/key//Users", "/scim/v2/key/Users")]
    [InlineData("/scim//v2/key///Users/a", "/scim/v2/key/Users/a")]
    [InlineData("/scim/v2/key/Users", "/scim/v2/key/Users")]
    public async Task Slashes_in_a_row_are_one(string path, string expected)
    {
        string? seen = null;
        await AnswerAsync(path, http =>
        {
            seen = http.Request.Path;
            return Task.CompletedTask;
        });

        Assert.Equal(expected, seen);
    }

    [Fact]
    public async Task A_client_that_closed_its_connection_is_no_fault_of_ours()
    {
        Assert.Equal(0, await AnswerAsync("/scim/v2/key/Users", _ => throw new ConnectionResetException("reset")));
        Assert.Equal(1, await AnswerAsync("/scim/v2/key/Users", _ => throw new InvalidOperationException("ours")));
    }

    [Fact]
    public async Task A_failure_before_anything_was_sent_is_answered_as_an_error()
    {
        using var sent = new MemoryStream();
        var http = new DefaultHttpContext { Request = { Path = "/scim/v2/key/Groups" }, Response = { Body = sent } };
        await AnswerAsync(http, async context =>
        {
            context.Response.Headers.ETag = "W/\"1\"";
            await using var writer = ScimResponse.Start(context, 200);
            writer.WriteStartArray();
            writer.WriteStringValue(new string('x', 10_000));
            await writer.FlushAsync();
            throw new ScimFailure(503, null, "gone");
        });

        using var body = JsonDocument.Parse(sent.ToArray());
        Assert.Equal((503, "gone"), (http.Response.StatusCode, body.RootElement.GetProperty("detail").GetString()));
        Assert.Equal((sent.Length, 0), (http.Response.ContentLength, http.Response.Headers.ETag.Count));
    }

    [Fact]
    public async Task What_has_been_sent_cannot_become_an_error()
    {
        using var sent = new MemoryStream();
        var http = new DefaultHttpContext { Request = { Path = "/scim/v2/key/Groups" }, Response = { Body = sent } };
        var started = new StartedResponse { Body = sent };
        http.Features.Set<IHttpResponseFeature>(started);
        await AnswerAsync(http, async context =>
        {
            await using var writer = ScimResponse.Start(context, 200);
            writer.WriteStartArray();
            writer.WriteStringValue(new string('x', 40_000));
            await ScimResponse.FlushIfLargeAsync(context, writer);
            started.Start();
            throw new ScimFailure(503, null, "gone");
        });

        Assert.Equal(200, http.Response.StatusCode);
        Assert.StartsWith("[\"xxx", Encoding.UTF8.GetString(sent.ToArray()), StringComparison.Ordinal);
    }

    /// <summary>Returns how many lines were logged.</summary>
    private static async Task<int> AnswerAsync(string path, RequestDelegate next)
    {
        return await AnswerAsync(new DefaultHttpContext { Request = { Path = path } }, next);
    }

    private static async Task<int> AnswerAsync(HttpContext http, RequestDelegate next)
    {
        var lines = new CountingLogger();
        var answers = new ScimAnswers(next, new ScimErrors(Options.Create(new GatewayOptions())), new KnownProviders(), lines);
        await answers.InvokeAsync(http);
        return lines.Count;
    }

    private sealed class StartedResponse : HttpResponseFeature
    {
        private bool started;

        public override bool HasStarted => started;

        public void Start() => started = true;
    }

    private sealed class CountingLogger : ILogger<ScimAnswers>
    {
        public int Count { get; private set; }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Count++;
    }
}

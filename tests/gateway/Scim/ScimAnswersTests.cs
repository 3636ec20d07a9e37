using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Scim;
using DirectorySync.Gateway.Scim.Messages;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
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

    /// <summary>Returns how many lines were logged.</summary>
    private static async Task<int> AnswerAsync(string path, RequestDelegate next)
    {
        var http = new DefaultHttpContext { Request = { Path = path } };
        var lines = new CountingLogger();
        var answers = new ScimAnswers(next, new ScimErrors(Options.Create(new GatewayOptions())), new KnownProviders(), lines);
        await answers.InvokeAsync(http);
        return lines.Count;
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

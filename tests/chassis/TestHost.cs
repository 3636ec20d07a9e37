using System.Collections.Concurrent;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Hosting;
using DirectorySync.Feed.V1;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Tests;

/// <summary>A service in this process: real Kestrel, real channel, real database.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly GrpcChannel channel;

    private TestHost(WebApplication app, LogLines log)
    {
        App = app;
        Log = log;
        Url = new Uri(app.Urls.Single());
        channel = GrpcChannel.ForAddress(Url);
    }

    public WebApplication App { get; }

    public Uri Url { get; }

    public LogLines Log { get; }

    public ChangeFeedService.ChangeFeedServiceClient Feed => new(channel);

    public static async Task<TestHost> StartAsync(
        string connectionString,
        Action<WebApplicationBuilder> add,
        Action<WebApplication>? map = null,
        string service = "identity",
        int port = 0)
    {
        var log = new LogLines();
        var builder = WebApplication.CreateBuilder();
        builder.Configuration["ConnectionStrings:Postgres"] = connectionString;
        builder.AddChassis(service);
        builder.Logging.ClearProviders().AddProvider(log);
        builder.WebHost.UseUrls(FormattableString.Invariant($"http://127.0.0.1:{port}"));
        add(builder);
        var app = builder.Build();
        map?.Invoke(app);
        await app.StartAsync();
        return new(app, log);
    }

    /// <summary>A service with a feed of things.</summary>
    public static Task<TestHost> StartFeedAsync(string connectionString, Action<ChangeFeedOptions>? options = null, int port = 0) =>
        StartAsync(
            connectionString,
            builder =>
            {
                builder.Services.AddChangeFeed(services => Things.Source(services));
                builder.Services.Configure(options ?? (_ => { }));
            },
            app => app.MapChangeFeed(),
            port: port);

    public T Get<T>()
        where T : notnull => App.Services.GetRequiredService<T>();

    /// <summary>As SIGTERM does.</summary>
    public Task StopAsync() => App.StopAsync();

    public async ValueTask DisposeAsync()
    {
        channel.Dispose();
        using var hurry = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await App.StopAsync(hurry.Token);
        await App.DisposeAsync();
    }

    /// <summary>What was logged.</summary>
    internal sealed class LogLines : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> lines = new();

        public IReadOnlyCollection<string> Lines => lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Add($"{logLevel} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }

        // TEST_LOG names a file that hears what the hosts say.
        private void Add(string line)
        {
            lines.Enqueue(line);
            if (Environment.GetEnvironmentVariable("TEST_LOG") is { } file)
            {
                lock (lines)
                {
                    File.AppendAllLines(file, [line]);
                }
            }
        }
    }
}

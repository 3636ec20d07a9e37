using DirectorySync.Chassis.Sql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace DirectorySync.Roles.Tests;

public sealed class RoleColumnsTests
{
    [Fact]
    public async Task A_database_that_is_away_when_the_service_starts_is_waited_for()
    {
        await using var source = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1;Timeout=1");
        using var stop = new CancellationTokenSource();
        var log = new CountingLogger();

        var start = new RoleColumns(new Database(source), log).StartAsync(stop.Token);

        await Eventually.True(() => log.Count >= 2 || start.IsCompleted, what: "it tried twice");
        Assert.False(start.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => start);
    }

    private sealed class CountingLogger : ILogger<RoleColumns>
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Interlocked.Increment(ref count);
    }
}

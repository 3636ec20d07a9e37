using System.Collections.Concurrent;
using System.Reflection;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Chassis.Tests;

public sealed class MigrationTests
{
    [Fact]
    public async Task Replicas_that_start_together_apply_each_script_once()
    {
        await using var database = await TestDatabase.CreateEmptyAsync("identity");
        var scripts = new Scripts();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            SchemaMigration.ApplyAsync(database.ConnectionString, typeof(MigrationTests).Assembly, scripts, CancellationToken.None))));

        Assembly[] owners = [typeof(SchemaMigration).Assembly, typeof(MigrationTests).Assembly];
        Assert.Equal(
            owners.Sum(owner => owner.GetManifestResourceNames().Count(name => name.EndsWith(".sql", StringComparison.Ordinal))),
            scripts.Names.Count);
        Assert.Equal(scripts.Names.Distinct(), scripts.Names);
        await using var things = ThingDatabase.Of(database.ConnectionString);
        Assert.Equal(1, await things.WriteAsync("a"));
    }

    private sealed class Scripts : ILogger
    {
        public ConcurrentQueue<string> Names { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Names.Enqueue(formatter(state, exception));
    }
}

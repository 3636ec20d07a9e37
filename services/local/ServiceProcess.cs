using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace DirectorySync.Local;

/// <summary>One process of the system, as built; started, watched, stopped and killed.</summary>
internal sealed class ServiceProcess(
    string name, string assembly, IReadOnlyDictionary<string, string> environment, string logFile, Uri readiness, Certificates? certificates = null)
    : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private ChildProcess? process;

    public string Name => name;

    public string Assembly => assembly;

    public string LogFile => logFile;

    /// <summary>Asked for readiness: <c>http://…/health/ready</c>, or the address of a gRPC service.</summary>
    public Uri Readiness => readiness;

    public int Id => process?.Id ?? throw new InvalidOperationException($"{name} was not started.");

    public bool HasExited => process is null or { HasExited: true };

    public int ExitCode => process!.ExitCode;

    /// <summary>Starts the process; <see cref="WaitUntilReadyAsync"/> says when it serves.</summary>
    /// <param name="changed">Settings that are other than before, this time.</param>
    public void Start(IReadOnlyDictionary<string, string>? changed = null)
    {
        process?.Dispose();
        var settings = new Dictionary<string, string>(environment);
        foreach (var (setting, value) in changed ?? new Dictionary<string, string>())
        {
            settings[setting] = value;
        }

        process = ChildProcess.Start(name, Dotnet, [assembly], logFile, environment: settings, folder: Path.GetDirectoryName(assembly));
    }

    /// <exception cref="CannotRunException">It ended, or is not ready after a minute.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken ct = default)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await IsReadyAsync(ct))
        {
            if (HasExited)
            {
                throw new CannotRunException($"{name} ended while starting (code {ExitCode}). Its log, {logFile}, ends with:\n{process!.LastLines()}");
            }

            if (TimeProvider.System.GetElapsedTime(started) > StartPatience)
            {
                throw new CannotRunException(
                    $"{name} is not ready after {StartPatience.TotalSeconds:0} seconds. Its log, {logFile}, ends with:\n{process!.LastLines()}");
            }

            await Task.Delay(50, ct);
        }
    }

    /// <summary>SIGTERM: requests under way are finished.</summary>
    public Task StopAsync() => process?.StopAsync(TimeSpan.FromSeconds(40)) ?? Task.CompletedTask;

    /// <summary>kill -9.</summary>
    public Task KillAsync() => process?.KillAsync() ?? Task.CompletedTask;

    public Task WaitForExitAsync(CancellationToken ct) => process!.WaitForExitAsync(ct);

    /// <summary>The same process again, ready.</summary>
    public async Task RestartAsync(CancellationToken ct = default)
    {
        await StopAsync();
        Start();
        await WaitUntilReadyAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        process?.Dispose();
    }

    private static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    private async Task<bool> IsReadyAsync(CancellationToken ct)
    {
        try
        {
            if (readiness.AbsolutePath != "/")
            {
                using var answer = await Http.GetAsync(readiness, ct);
                return answer.IsSuccessStatusCode;
            }

            using var channel = GrpcChannel.ForAddress(readiness, new() { HttpHandler = certificates?.Handler("gateway"), DisposeHttpClient = certificates is not null });
            var health = await new Health.HealthClient(channel)
                .CheckAsync(new HealthCheckRequest(), deadline: DateTime.UtcNow.AddSeconds(5), cancellationToken: ct);
            return health.Status == HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (Exception e) when (e is HttpRequestException or RpcException || e is OperationCanceledException && !ct.IsCancellationRequested)
        {
            return false; // not listening yet, or not ready
        }
    }
}

using Grpc.Core;
using Grpc.Health.V1;

namespace DirectorySync.Gateway.Hosting;

/// <summary>/health/live: the process answers. /health/ready: both services say that they can serve.</summary>
internal static class HealthEndpoints
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static void MapHealth(this WebApplication app)
    {
        app.MapRead("/health/live", () => Results.Text("live\n"));
        app.MapRead("/health/ready", async (ServiceHealth services, TimeProvider time, CancellationToken ct) =>
        {
            var deadline = time.GetUtcNow().UtcDateTime + Patience;
            var answers = await Task.WhenAll(services.Clients.Select(service => IsServingAsync(service.Client, deadline, ct)));
            var away = services.Clients.Where((_, i) => !answers[i]).Select(service => service.Name).ToList();
            return away.Count == 0
                ? Results.Text("ready\n")
                : Results.Text($"away: {string.Join(", ", away)}\n", statusCode: StatusCodes.Status503ServiceUnavailable);
        });
    }

    private static async Task<bool> IsServingAsync(Health.HealthClient client, DateTime deadline, CancellationToken ct)
    {
        try
        {
            var answer = await client.CheckAsync(new HealthCheckRequest(), deadline: deadline, cancellationToken: ct);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (RpcException)
        {
            // Whatever the error is, the service cannot serve.
            return false;
        }
    }
}

/// <summary>Health clients of all services, by name.</summary>
internal sealed record ServiceHealth(IReadOnlyList<(string Name, Health.HealthClient Client)> Clients);

using System.Buffers.Binary;
using Grpc.Health.V1;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace DirectorySync.Gateway.Internal;

/// <summary>Asks a replica by the gRPC health protocol whether it can serve.</summary>
internal sealed class HealthProbe : IProbingRequestFactory
{
    public HttpRequestMessage CreateRequest(ClusterModel cluster, DestinationModel destination)
    {
        // An empty HealthCheckRequest: not compressed, no bytes.
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(destination.Config.Address), "/grpc.health.v1.Health/Check"))
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]),
        };
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        return request;
    }
}

/// <summary>A replica is healthy while it says that it is serving.</summary>
internal sealed class ServingPolicy(IDestinationHealthUpdater updater) : IActiveHealthCheckPolicy
{
    public const string PolicyName = "Serving";

    public string Name => PolicyName;

    public void ProbingCompleted(ClusterState cluster, IReadOnlyList<DestinationProbingResult> probingResults) => updater.SetActive(
        cluster,
        [.. probingResults.Select(result => new NewActiveDestinationHealth(
            result.Destination, IsServing(result) ? DestinationHealth.Healthy : DestinationHealth.Unhealthy))]);

    private static bool IsServing(DestinationProbingResult result)
    {
        if (result.Response is not { IsSuccessStatusCode: true } response)
        {
            return false;
        }

        // YARP's policies are not asynchronous; the answer has seven bytes and has arrived with its headers.
        using var body = response.Content.ReadAsStream();
        Span<byte> prefix = stackalloc byte[5];
        try
        {
            if (body.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length)
            {
                return false;
            }

            var message = new byte[BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]) is var length and <= 1024 ? (int)length : 0];
            body.ReadExactly(message);
            return HealthCheckResponse.Parser.ParseFrom(message).Status == HealthCheckResponse.Types.ServingStatus.Serving;
        }
        catch (IOException)
        {
            return false;
        }
    }
}

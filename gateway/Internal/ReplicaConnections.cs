using System.Net;
using DirectorySync.Chassis.Tls;
using Grpc.Health.V1;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace DirectorySync.Gateway.Internal;

/// <summary>Connections to replicas: dead ones are noticed by pings, and answers to probes are read.</summary>
internal sealed class ReplicaConnections(IServiceProvider services, ILogger<ForwarderHttpClientFactory> logger) : ForwarderHttpClientFactory(logger)
{
    protected override void ConfigureHandler(ForwarderHttpClientContext context, SocketsHttpHandler handler)
    {
        base.ConfigureHandler(context, handler);
        services.UseTls(handler);
        handler.ConnectTimeout = TimeSpan.FromSeconds(2);
        handler.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
        handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(5);
    }

    protected override HttpMessageHandler WrapHandler(ForwarderHttpClientContext context, HttpMessageHandler handler) =>
        new ReplicaProbe.Reader(base.WrapHandler(context, handler));
}

/// <summary>Asks a replica by the gRPC health protocol whether it can serve.</summary>
internal sealed class ReplicaProbe : IProbingRequestFactory
{
    private const int FrameHeader = 5;

    private static readonly HttpRequestOptionsKey<bool> IsProbe = new("probe");

    public HttpRequestMessage CreateRequest(ClusterModel cluster, DestinationModel destination)
    {
        // An empty HealthCheckRequest: not compressed, no bytes.
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(destination.Config.Address), "/grpc.health.v1.Health/Check"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[FrameHeader]),
        };
        // The name that the certificate has to have, where the address is a number.
        request.Headers.Host = destination.Config.Host;
        request.Content.Headers.ContentType = new("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        request.Options.Set(IsProbe, true);
        return request;
    }

    internal static bool IsServing(byte[] body) => body.Length > FrameHeader
        && HealthCheckResponse.Parser.ParseFrom(body.AsSpan(FrameHeader)).Status == HealthCheckResponse.Types.ServingStatus.Serving;

    /// <summary>YARP judges probes by their HTTP status, which in gRPC is always 200: this makes the status say what the body says.</summary>
    internal sealed class Reader(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.Options.TryGetValue(IsProbe, out _) && response.IsSuccessStatusCode
                && !IsServing(await response.Content.ReadAsByteArrayAsync(cancellationToken)))
            {
                response.StatusCode = HttpStatusCode.ServiceUnavailable;
            }

            return response;
        }
    }
}

using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DirectorySync.Events.Tests;

/// <summary>The other services, as far as a reconciliation asks them: they list what the test says, and tell nothing by themselves.</summary>
public sealed class FakeServices : ChangeFeedService.ChangeFeedServiceBase
{
    private readonly WebApplication app;

    private FakeServices()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        app = builder.Build();
        app.MapGrpcService<FakeServices>();
        app.MapGrpcService<NoDirectories>();
        app.StartAsync().GetAwaiter().GetResult();
    }

    public string Url => app.Urls.Single();

    /// <summary>What exists in a directory.</summary>
    internal Func<string, IEnumerable<Change>> List { get; set; } = _ => [];

    public static FakeServices Start() => new();

    public override async Task ListResources(
        ListResourcesRequest request, IServerStreamWriter<ListResourcesResponse> responseStream, ServerCallContext context)
    {
        var all = List(request.DirectoryId).GroupBy(change => change.Resource.TypeUrl)
            .SelectMany(type => type.OrderBy(change => change.ResourceId, StringComparer.Ordinal).Chunk(2));
        foreach (var page in all)
        {
            await responseStream.WriteAsync(new() { Resources = { page } });
        }
    }

    public ValueTask StopAsync() => app.DisposeAsync();

    /// <summary>Identity, asked of a directory that events does not know: it does not know it either.</summary>
    private sealed class NoDirectories : DirectoryService.DirectoryServiceBase
    {
        public override Task<GetDirectoryResponse> GetDirectory(GetDirectoryRequest request, ServerCallContext context) =>
            throw new RpcException(new Status(StatusCode.NotFound, "The directory does not exist."));
    }
}

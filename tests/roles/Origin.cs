using System.Collections.Concurrent;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using static DirectorySync.Chassis.Errors.RpcErrors;

namespace DirectorySync.Roles.Tests;

/// <summary>Answers where identity should be: which directories and users there are, as a test says. It tells no changes.</summary>
internal sealed class Origin : IAsyncDisposable
{
    private readonly WebApplication app;

    private Origin(WebApplication app) => this.app = app;

    public string Url => app.Urls.Single();

    private Known Ids => app.Services.GetRequiredService<Known>();

    public static async Task<Origin> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<Known>();
        var app = builder.Build();
        app.MapGrpcService<Directories>();
        app.MapGrpcService<Users>();
        await app.StartAsync();
        return new(app);
    }

    /// <summary>From now on there is a directory or user with this id.</summary>
    public void Add(string id) => Ids.Has[id] = true;

    public ValueTask DisposeAsync() => app.DisposeAsync();

    internal sealed class Known
    {
        public ConcurrentDictionary<string, bool> Has { get; } = new();

        public void Require(string id)
        {
            if (!Has.ContainsKey(id))
            {
                throw ErrorReason.ResourceNotFound.ToRpc("It does not exist.");
            }
        }
    }

    internal sealed class Directories(Known known) : DirectoryService.DirectoryServiceBase
    {
        public override Task<GetDirectoryResponse> GetDirectory(GetDirectoryRequest request, ServerCallContext context)
        {
            known.Require(request.Id);
            return Task.FromResult(new GetDirectoryResponse { Directory = new() { Id = request.Id, State = DirectoryState.Active } });
        }
    }

    internal sealed class Users(Known known) : UserService.UserServiceBase
    {
        public override Task<GetUserResponse> GetUser(GetUserRequest request, ServerCallContext context)
        {
            known.Require(request.Id);
            return Task.FromResult(new GetUserResponse { User = new() { DirectoryId = request.DirectoryId, Id = request.Id } });
        }
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Grpc.Net.Client;

namespace DirectorySync.Load.ScimBench;

/// <summary>
/// Limit A: an endpoint that makes the hops of the real one, with the same number of processes, and answers as many bytes. It checks, maps
/// and stores nothing.
/// </summary>
internal static class BareGateway
{
    public static Task RunAsync(int port, int identityPort, int groupsPort)
    {
        var users = new UserService.UserServiceClient(GrpcChannel.ForAddress($"http://localhost:{identityPort}"));
        var groups = new GroupService.GroupServiceClient(GrpcChannel.ForAddress($"http://localhost:{groupsPort}"));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port));
        var app = builder.Build();
        app.MapGet("/get/{bytes}", async (HttpContext http, int bytes) =>
        {
            var memberships = groups.ListUserGroupsAsync(new() { DirectoryId = "d", UserIds = { "u" } }).ResponseAsync;
            await users.GetUserAsync(new() { DirectoryId = "d", Id = "u" });
            await memberships;
            await AnswerAsync(http, bytes);
        });
        app.MapGet("/filter/{bytes}", (HttpContext http, int bytes) => ListAsync(http, 1, bytes));
        app.MapGet("/list/{bytes}", (HttpContext http, int bytes) => ListAsync(http, ScimWorkload.PageSize, bytes));
        return app.RunAsync();

        async Task ListAsync(HttpContext http, int count, int bytes)
        {
            var page = await users.ListUsersAsync(new() { DirectoryId = "d", PageSize = count });
            await groups.ListUserGroupsAsync(new() { DirectoryId = "d", UserIds = { page.Users.Select(user => user.Id) } });
            await AnswerAsync(http, bytes);
        }
    }

    private static async Task AnswerAsync(HttpContext http, int bytes)
    {
        http.Response.ContentType = "application/scim+json";
        http.Response.ContentLength = bytes;
        await http.Response.Body.WriteAsync(Filler.AsMemory(0, bytes));
    }

    private static readonly byte[] Filler = new byte[1024 * 1024];
}

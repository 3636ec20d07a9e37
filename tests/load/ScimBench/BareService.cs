using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.Load.ScimBench;

/// <summary>A service with nothing behind it: it answers messages as large as the real ones, made beforehand.</summary>
internal static class BareService
{
    public static Task RunAsync(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listen =>
            listen.Protocols = Microsoft.AspNetCore.Server.Kestrel.Core.HttpProtocols.Http2));
        builder.Services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = 16 * 1024 * 1024);
        var app = builder.Build();
        app.MapGrpcService<Users>();
        app.MapGrpcService<Groups>();
        return app.RunAsync();
    }

    private static User Person(int number) => new()
    {
        DirectoryId = Guid.CreateVersion7().ToString(),
        Id = Guid.CreateVersion7().ToString(),
        UserName = $"bench.user{number}@example.com",
        ExternalId = $"00u{number}",
        Name = new() { GivenName = "Bench", FamilyName = "User" },
        DisplayName = "Bench User",
        Locale = "en-US",
        Active = true,
        Version = 1,
        CreateTime = new() { Seconds = 1_800_000_000, Nanos = 123_456_000 },
        UpdateTime = new() { Seconds = 1_800_000_000, Nanos = 123_456_000 },
        Emails = { new MultiValue { Value = $"bench.user{number}@example.com", Type = "work", Primary = true } },
    };

    private sealed class Users : UserService.UserServiceBase
    {
        private static readonly GetUserResponse One = new() { User = Person(1) };
        private static readonly ListUsersResponse Found = new() { Users = { Person(1) }, TotalSize = 1 };
        private static readonly ListUsersResponse Page = new() { Users = { Enumerable.Range(1, ScimWorkload.PageSize).Select(Person) }, TotalSize = 20_000 };

        public override Task<GetUserResponse> GetUser(GetUserRequest request, ServerCallContext context) => Task.FromResult(One);

        public override Task<ListUsersResponse> ListUsers(ListUsersRequest request, ServerCallContext context) =>
            Task.FromResult(request.PageSize == 1 ? Found : Page);
    }

    private sealed class Groups : GroupService.GroupServiceBase
    {
        private static readonly ListUserGroupsResponse One = Of(1);
        private static readonly ListUserGroupsResponse Page = Of(ScimWorkload.PageSize);

        public override Task<ListUserGroupsResponse> ListUserGroups(ListUserGroupsRequest request, ServerCallContext context) =>
            Task.FromResult(request.UserIds.Count == 1 ? One : Page);

        private static ListUserGroupsResponse Of(int users) => new()
        {
            UserGroups =
            {
                Enumerable.Range(0, users).Select(_ => new UserGroups
                {
                    UserId = Guid.CreateVersion7().ToString(),
                    Groups = { new GroupReference { Id = Guid.CreateVersion7().ToString(), DisplayName = "Everybody" } },
                }),
            },
        };
    }
}

using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Programs of the vendor call the services' gRPC through the gateway, with an API key.</summary>
[Collection(SharedSystem.Name)]
public sealed class InternalCallerTests(SharedSystem system)
{
    [Fact]
    public async Task Users_and_groups_are_read_through_the_gateway()
    {
        var directory = await system.CreateDirectoryAsync();
        var user = await directory.Scim().CreateUserAsync("internal@example.com");
        var group = await directory.Scim().CreateGroupAsync("Internal", user);

        foreach (var gateway in new[] { 0, 1 })
        {
            var users = await new UserService.UserServiceClient(system.Channel(gateway))
                .ListUsersAsync(new() { DirectoryId = directory.Id, PageSize = 10 }, system.Headers());
            Assert.Equal(("internal@example.com", user, 1L), (users.Users.Single().UserName, users.Users[0].Id, users.TotalSize));

            var membership = await new GroupService.GroupServiceClient(system.Channel(gateway))
                .ListUserGroupsAsync(new() { DirectoryId = directory.Id, UserIds = { user } }, system.Headers());
            Assert.Equal(group, Assert.Single(Assert.Single(membership.UserGroups).Groups).Id);
        }
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("group-membership")]
    public async Task Each_services_feed_is_watched_through_the_gateway(string service)
    {
        var directory = await system.CreateDirectoryAsync();
        await using var feed = await FeedReader.StartAsync(system, service);

        var id = service == "identity"
            ? await directory.Scim().CreateUserAsync("watched@example.com")
            : await directory.Scim().CreateGroupAsync("Watched");

        await feed.ReadUntilAsync(change => change.ResourceId == id);
        var change = feed.Changes.Single(change => change.ResourceId == id);
        Assert.Equal((directory.Id, false), (change.DirectoryId, change.Deleted));
        if (service == "identity")
        {
            Assert.Equal("watched@example.com", change.Resource.Unpack<User>().UserName);
        }
        else
        {
            Assert.Equal("Watched", change.Resource.Unpack<Group>().DisplayName);
        }
    }

    [Fact]
    public async Task Without_a_valid_key_nothing_is_told()
    {
        var directory = await system.CreateDirectoryAsync();
        var users = new UserService.UserServiceClient(system.Channel());
        Metadata[] wrong = [[], TestSystem.HeadersOf("sk_wrong"), TestSystem.HeadersOf(directory.Token)];

        foreach (var headers in wrong)
        {
            var refused = await Assert.ThrowsAsync<RpcException>(
                async () => await users.ListUsersAsync(new() { DirectoryId = directory.Id }, headers));
            Assert.Equal((StatusCode.Unauthenticated, ErrorReason.InvalidCredentials), (refused.StatusCode, refused.Reason()));
        }
    }

    [Fact]
    public async Task A_key_that_may_read_cannot_write()
    {
        var directory = await system.CreateDirectoryAsync();
        var key = await system.Credentials
            .CreateApiKeyAsync(new() { Name = "Reader", Scopes = { ApiKeyScope.Read } });
        var headers = TestSystem.HeadersOf(key.Secret);
        var users = new UserService.UserServiceClient(system.Channel());

        Assert.Empty((await users.ListUsersAsync(new() { DirectoryId = directory.Id }, headers)).Users);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await users.CreateUserAsync(
            new() { DirectoryId = directory.Id, User = new() { UserName = "reader@example.com" } }, headers));

        Assert.Equal((StatusCode.PermissionDenied, ErrorReason.ScopeMissing), (refused.StatusCode, refused.Reason()));
        Assert.Equal(0, (await directory.Scim().GetAsync("/Users")).Expect(200).TotalResults);
    }
}

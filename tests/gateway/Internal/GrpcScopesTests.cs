using DirectorySync.Gateway.Internal;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Tests.Internal;

public sealed class GrpcScopesTests
{
    [Theory]
    [InlineData("/directorysync.identity.v1.UserService/GetUser", ApiKeyScope.Read)]
    [InlineData("/directorysync.identity.v1.UserService/BatchGetUsers", ApiKeyScope.Read)]
    [InlineData("/directorysync.identity.v1.UserService/CheckUsersExist", ApiKeyScope.Read)]
    [InlineData("/directorysync.identity.v1.UserService/CreateUser", ApiKeyScope.Write)]
    [InlineData("/directorysync.identity.v1.DirectoryService/UpdateDirectory", ApiKeyScope.Write)]
    [InlineData("/directorysync.identity.v1.DirectoryService/DeleteDirectory", ApiKeyScope.Admin)]
    [InlineData("/directorysync.identity.v1.CredentialService/ListApiKeys", ApiKeyScope.Admin)]
    [InlineData("/directorysync.group_membership.v1.GroupService/ReadGroup", ApiKeyScope.Read)]
    [InlineData("/directorysync.group_membership.v1.GroupService/PatchGroup", ApiKeyScope.Write)]
    [InlineData("/directorysync.feed.v1.ChangeFeedService/WatchChanges", ApiKeyScope.Read)]
    [InlineData("/directorysync.feed.v1.ChangeFeedService/AcknowledgeChanges", ApiKeyScope.Write)]
    public void Reading_needs_read_credentials_and_removal_need_admin_and_the_rest_write(string path, ApiKeyScope scope) =>
        Assert.Equal(scope, GrpcScopes.Find(path));

    [Theory]
    [InlineData("/directorysync.identity.v1.CredentialService/ResolveToken")]
    [InlineData("/directorysync.identity.v1.CredentialService/resolvetoken")]
    [InlineData("/directorysync.identity.v1.CredentialService/ResolveApiKey")]
    public void What_would_let_credentials_be_tried_is_not_served(string path) => Assert.Null(GrpcScopes.Find(path));

    [Fact]
    public void No_method_that_changes_something_is_taken_for_reading()
    {
        var reading = new[] { UserService.Descriptor, DirectoryService.Descriptor, OrganizationService.Descriptor, GroupService.Descriptor }
            .SelectMany(service => service.Methods)
            .Where(method => GrpcScopes.Find($"/{method.Service.FullName}/{method.Name}") == ApiKeyScope.Read)
            .Select(method => method.Name);

        Assert.All(reading, name => Assert.DoesNotMatch("Create|Update|Delete|Replace|Patch|Revoke|Acknowledge|Register", name));
    }
}

using DirectorySync.Errors.V1;
using DirectorySync.Scim;

namespace DirectorySync.Identity.Tests;

/// <summary>What belongs to another directory does not exist.</summary>
public sealed class IsolationTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task A_user_of_another_directory_is_neither_read_nor_written_nor_counted_and_the_text_is_that_of_nobody()
    {
        var (mine, other) = (await identity.CreateDirectoryAsync(), await identity.CreateDirectoryAsync());
        var theirs = await identity.CreateUserAsync(other, "ada@acme.com");

        foreach (var call in new Func<string, Task>[]
        {
            async id => await identity.Users.GetUserAsync(new() { DirectoryId = mine.Id, Id = id }),
            async id => await identity.Users.ReplaceUserAsync(new() { DirectoryId = mine.Id, User = new() { Id = id, UserName = "x" } }),
            async id => await identity.Users.PatchUserAsync(new() { DirectoryId = mine.Id, Id = id }),
            async id => await identity.Users.DeleteUserAsync(new() { DirectoryId = mine.Id, Id = id }),
            async id => await identity.Users.DeleteUserAsync(new() { DirectoryId = "nowhere", Id = id }),
            async id => await identity.Users.GetUserAsync(new() { DirectoryId = "nowhere", Id = id }),
        })
        {
            var foreign = await IdentityService.FailsAsync(ErrorReason.ResourceNotFound, () => call(theirs.Id));
            var nobody = await IdentityService.FailsAsync(ErrorReason.ResourceNotFound, () => call(Guid.CreateVersion7().ToString()));
            Assert.Equal(nobody.Status.Detail, foreign.Status.Detail);
        }

        var filter = FilterParser.Parse("userName pr", ResourceType.User);
        Assert.Equal(0, (await identity.Users.ListUsersAsync(new() { DirectoryId = mine.Id, PageSize = 10 })).TotalSize);
        Assert.Equal(0, (await identity.Users.ListUsersAsync(new() { DirectoryId = mine.Id, Filter = filter, PageSize = 10 })).TotalSize);
        Assert.Empty((await identity.Users.BatchGetUsersAsync(new() { DirectoryId = mine.Id, Ids = { theirs.Id } })).Users);
        Assert.Empty((await identity.Users.BatchGetUsersAsync(new() { DirectoryId = mine.Id, UserNames = { theirs.UserName } })).Users);
        Assert.Empty((await identity.Users.CheckUsersExistAsync(new() { DirectoryId = mine.Id, Ids = { theirs.Id } })).Ids);
        Assert.Equal(theirs, await identity.GetUserAsync(theirs));
    }

    [Fact]
    public async Task A_token_of_another_directory_cannot_be_revoked()
    {
        var (mine, other) = (await identity.CreateDirectoryAsync(), await identity.CreateDirectoryAsync());
        var theirs = await identity.Credentials.CreateScimTokenAsync(new() { DirectoryId = other.Id });

        await IdentityService.FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Credentials.RevokeScimTokenAsync(
            new() { DirectoryId = mine.Id, Id = theirs.ScimToken.Id }));

        await identity.Credentials.ResolveTokenAsync(
            new() { Endpoint = other.EndpointKey, SecretHash = IdentityService.HashOf(theirs.Secret) });
    }

    [Fact]
    public async Task Problems_are_those_of_the_directory_alone()
    {
        var (mine, other) = (await identity.CreateDirectoryAsync(), await identity.CreateDirectoryAsync(null, "acme.com"));
        await identity.CreateUserAsync(other, "eve@evil.com");

        Assert.Single(await identity.ProblemsAsync(other.Id));
        Assert.Empty(await identity.ProblemsAsync(mine.Id));
        await IdentityService.FailsAsync(ErrorReason.ResourceNotFound, () => identity.ProblemsAsync("nowhere"));
    }
}

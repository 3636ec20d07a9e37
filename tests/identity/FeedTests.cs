using DirectorySync.Chassis.Feed;
using DirectorySync.Feed.V1;
using Grpc.Core;

namespace DirectorySync.Identity.Tests;

/// <summary>Every write is told, with the state it left; a bootstrap lists what exists.</summary>
public sealed class FeedTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task Each_write_of_a_user_is_one_change_with_the_user_as_it_was_left()
    {
        var directory = await identity.CreateDirectoryAsync();
        var created = await identity.CreateUserAsync(directory, "ada@acme.com");
        var wanted = created.Clone();
        wanted.Title = "Countess";
        var replaced = await identity.ReplaceUserAsync(wanted);
        var patched = await identity.PatchUserAsync(created, """[{"op":"replace","value":{"active":false}}]""");
        await identity.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = created.Id });

        var changes = await identity.ChangesAsync(User.Descriptor.FullName, created.Id);

        Assert.Equal([created, replaced, patched, new() { DirectoryId = directory.Id, Id = created.Id }], changes.Select(change => User.Parser.ParseFrom(change.Resource)));
        Assert.Equal([(1, false), (2, false), (3, false), (4, true)], changes.Select(change => ((int)change.Version, change.Deleted)));
    }

    [Fact]
    public async Task A_consumer_hears_of_a_write_and_a_bootstrap_lists_what_exists_without_secrets()
    {
        var registered = await identity.Feed.RegisterConsumerAsync(new() { Consumer = "test" });
        using var watch = identity.Feed.WatchChanges(new() { Consumer = "test", ResumeToken = registered.ResumeToken });
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada@acme.com");
        var token = await identity.Credentials.CreateScimTokenAsync(new() { DirectoryId = directory.Id });

        var heard = new List<Change>();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!heard.Exists(change => change.ResourceId == token.ScimToken.Id))
        {
            Assert.True(await watch.ResponseStream.MoveNext(deadline.Token));
            heard.AddRange(watch.ResponseStream.Current.Changes);
        }

        Assert.Contains(heard, change => change.ResourceId == directory.OrganizationId && change.DirectoryId.Length == 0);
        Assert.Contains(heard, change => change.ResourceId == directory.Id && change.DirectoryId == directory.Id);
        Assert.Equal(user, heard.Single(change => change.ResourceId == user.Id).Resource.Unpack<User>());
        Assert.Equal(token.ScimToken, heard[^1].Resource.Unpack<ScimToken>());

        var all = await ListAsync("");
        var own = await ListAsync(directory.Id);
        Assert.Contains(all, change => change.ResourceId == directory.OrganizationId);
        Assert.Equal(
            [Directory.Descriptor.FullName, ScimToken.Descriptor.FullName, User.Descriptor.FullName], own.Select(FeedImage.TypeOf));
        Assert.All(own, change => Assert.Equal((1L, directory.Id), (change.Version, change.DirectoryId)));
    }

    private async Task<List<Change>> ListAsync(string directoryId)
    {
        using var call = identity.Feed.ListResources(new() { DirectoryId = directoryId });
        var listed = new List<Change>();
        await foreach (var response in call.ResponseStream.ReadAllAsync())
        {
            listed.AddRange(response.Resources);
        }

        return listed;
    }
}

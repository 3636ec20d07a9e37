using DirectorySync.Errors.V1;
using DirectorySync.Identity.Users;
using Microsoft.Extensions.DependencyInjection;
using static DirectorySync.Identity.Tests.IdentityService;

namespace DirectorySync.Identity.Tests;

/// <summary>Users of whom nothing may be kept.</summary>
public sealed class ErasureTests(IdentityService identity) : IClassFixture<IdentityService>
{
    private const string Secret = "Zwetschgenkuchen";

    [Fact]
    public async Task Of_an_erased_user_nothing_is_left_but_ids_and_the_feed_says_so()
    {
        var directory = await identity.CreateDirectoryAsync(new() { EmailEqualsUserName = true });
        var user = await identity.CreateUserAsync(directory.Id, Personal());
        await identity.PatchUserAsync(user, """[{"op":"replace","value":{"active":false}}]""");

        await identity.Users.EraseUserAsync(new() { DirectoryId = directory.Id, Id = user.Id });

        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Users.GetUserAsync(new() { DirectoryId = directory.Id, Id = user.Id }));
        var told = (await identity.ChangesAsync(User.Descriptor.FullName, user.Id))[^1];
        Assert.Equal((true, new User { DirectoryId = directory.Id, Id = user.Id }), (told.Deleted, User.Parser.ParseFrom(told.Resource)));
        var erased = Assert.Single(await identity.ChangesAsync(ErasedUser.Descriptor.FullName, user.Id));
        Assert.Equal((true, user.Id), (erased.Deleted, ErasedUser.Parser.ParseFrom(erased.Resource).Id));
        await Eventually.Get(
            () => DatabaseSearch.FindAsync(identity.ConnectionString, Secret), found => found.Count == 0, what: "no word of the person is left");
        Assert.Equal(2, (await identity.ChangesAsync(User.Descriptor.FullName, user.Id)).Count + (await identity.ChangesAsync(ErasedUser.Descriptor.FullName, user.Id)).Count);
    }

    [Fact]
    public async Task A_user_who_was_deleted_before_can_be_erased_and_the_directory_must_exist()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory.Id, Personal());
        await identity.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = user.Id });

        await identity.Users.EraseUserAsync(new() { DirectoryId = directory.Id, Id = user.Id });
        await identity.Users.EraseUserAsync(new() { DirectoryId = directory.Id, Id = user.Id });

        Assert.Equal([1L, 2L], (await identity.ChangesAsync(ErasedUser.Descriptor.FullName, user.Id)).Select(change => change.Version));
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Users.EraseUserAsync(new() { DirectoryId = "none", Id = user.Id }));
    }

    [Fact]
    public async Task Users_who_have_been_inactive_for_longer_than_the_policy_allows_are_erased()
    {
        var directory = await identity.CreateDirectoryAsync(new() { EraseInactiveAfterDays = 30 });
        var kept = await identity.CreateDirectoryAsync();
        var users = new List<User>();
        foreach (var (owner, name, active, days) in new[]
        {
            (directory, "long", false, 31), (directory, "short", false, 29), (directory, "working", true, 31), (kept, "other", false, 31),
        })
        {
            var user = await identity.CreateUserAsync(owner.Id, new() { UserName = name, Active = active });
            await identity.Database.Sql($"""
                update users set update_time = now() - {TimeSpan.FromDays(days)} where directory_id = {owner.Id} and id = {user.Id}
                """).ExecuteAsync(CancellationToken.None);
            users.Add(user);
        }

        await identity.Services.GetRequiredService<UserErasure>().EraseInactiveAsync(CancellationToken.None);

        Assert.Equal(["short", "working"], (await ListAsync(directory)).Select(user => user.UserName));
        Assert.Equal(["other"], (await ListAsync(kept)).Select(user => user.UserName));
        Assert.Single(await identity.ChangesAsync(ErasedUser.Descriptor.FullName, users[0].Id));
        Assert.Empty(await identity.ChangesAsync(ErasedUser.Descriptor.FullName, users[1].Id));
        var counts = (await identity.Directories.GetDirectoryAsync(new() { Id = directory.Id })).Directory.UserCounts;
        Assert.Equal((1L, 1L), (counts.Active, counts.Inactive));
    }

    private async Task<IEnumerable<User>> ListAsync(Directory directory) =>
        (await identity.Users.ListUsersAsync(new() { DirectoryId = directory.Id, PageSize = 100 })).Users.OrderBy(user => user.UserName);

    private static User Personal() => new()
    {
        UserName = $"{Secret}@acme.com", DisplayName = Secret, Active = true, Name = new() { FamilyName = Secret },
        Emails = { new MultiValue { Value = $"{Secret}@acme.com", Type = "work", Primary = true } },
    };
}

using DirectorySync.Errors.V1;
using static DirectorySync.AttributeMapping.Tests.MappingService;

namespace DirectorySync.AttributeMapping.Tests;

/// <summary>Profiles follow users.</summary>
public sealed class ProfileTests(MappingService service) : IClassFixture<MappingService>
{
    private const string Ada = """{"userName":"ada@acme.com","title":"Countess","name":{"givenName":"Ada"},"tag_Floor":"3"}""";

    [Fact]
    public async Task Every_change_of_a_user_is_told_once_with_its_version()
    {
        var directory = await service.NewDirectoryAsync();
        var user = await service.CreateAsync(directory, Ada);
        Assert.Equal("Ada", (await service.ProfileOfAsync(user)).FirstName);
        var renamed = await service.ReplaceAsync(user, Ada.Replace("\"Ada\"", "\"Augusta\"", StringComparison.Ordinal));
        // Nothing that a profile shows.
        var same = await service.ReplaceAsync(user, Ada.Replace("\"Ada\"}", "\"Augusta\"},\"nickName\":\"A\"", StringComparison.Ordinal));
        var profile = await service.ProfileOfAsync(same);
        Assert.Equal(("Augusta", "Floor"), (profile.FirstName, Assert.Single(profile.Tags).Name));

        await service.DeleteAsync(user);
        await Eventually.True(async () => await service.FindAsync(directory, user.Id) is null);

        var told = await service.ToldAsync(directory, user.Id);
        Assert.Equal([user.Version, renamed.Version, same.Version, same.Version + 1], told.Select(t => t.Profile.UserVersion));
        Assert.Equal([false, false, false, true], told.Select(t => t.Deleted));
        Assert.Equal(("Augusta", ""), (told[^2].Profile.FirstName, told[^1].Profile.FirstName));
        Assert.Equal(told.Select(t => t.Profile.Version).Order().Distinct(), told.Select(t => t.Profile.Version));
    }

    [Fact]
    public async Task What_happened_while_the_service_was_away_follows_and_nothing_is_told_twice()
    {
        var directory = await service.NewDirectoryAsync();
        var stays = await service.CreateAsync(directory, Ada);
        var goes = await service.CreateAsync(directory, """{"userName":"bob@acme.com"}""");
        await service.ProfileOfAsync(stays);
        await service.ProfileOfAsync(goes);

        await service.RestartAsync(async () =>
        {
            await service.DeleteAsync(goes);
            stays = await service.ReplaceAsync(stays, """{"userName":"ada@acme.com","active":false}""");
        });

        Assert.False((await service.ProfileOfAsync(stays)).Active);
        await Eventually.True(async () => await service.FindAsync(directory, goes.Id) is null);
        Assert.Equal([true, false], (await service.ToldAsync(directory, stays.Id)).Select(t => t.Profile.Active));
        Assert.Equal([false, true], (await service.ToldAsync(directory, goes.Id)).Select(t => t.Deleted));
    }

    [Fact]
    public async Task A_service_that_starts_from_nothing_again_repeats_nothing_and_forgets_who_is_gone()
    {
        var directory = await service.NewDirectoryAsync();
        var stays = await service.CreateAsync(directory, Ada);
        var goes = await service.CreateAsync(directory, """{"userName":"bob@acme.com"}""");
        await service.ProfileOfAsync(goes);
        await service.ProfileOfAsync(stays);

        await service.RestartAsync(async () =>
        {
            await service.DeleteAsync(goes);
            await service.ForgetPositionAsync();
        });

        await Eventually.True(async () => await service.FindAsync(directory, goes.Id) is null);
        Assert.Equal([stays.Version], (await service.ToldAsync(directory, stays.Id)).Select(t => t.Profile.UserVersion));
        Assert.Equal([false, true], (await service.ToldAsync(directory, goes.Id)).Select(t => t.Deleted));
        Assert.Equal(1, (await service.InventoryAsync(directory))["userName"].UserCount);
    }

    [Fact]
    public async Task A_profile_is_there_for_whoever_has_just_created_the_user()
    {
        var directory = await service.NewDirectoryAsync();
        for (var i = 0; i < 10; i++)
        {
            var user = await service.CreateAsync(directory, $$"""{"userName":"new{{i}}@acme.com","name":{"givenName":"New"} }""");
            Assert.Equal("New", (await service.FindAsync(directory, user.Id))?.FirstName);
        }

        Assert.Null(await service.FindAsync(directory, "nobody"));
        Assert.Null(await service.FindAsync("nowhere", "nobody"));
    }

    [Fact]
    public async Task Many_are_read_at_once_and_only_of_the_directory_asked_for()
    {
        var (directory, other) = (await service.NewDirectoryAsync(), await service.NewDirectoryAsync());
        var ada = await service.CreateAsync(directory, Ada);
        var bob = await service.CreateAsync(other, """{"userName":"bob@acme.com"}""");
        await service.ProfileOfAsync(ada);
        await service.ProfileOfAsync(bob);

        // The second time from the cache.
        for (var i = 0; i < 2; i++)
        {
            var found = await service.Profiles.BatchGetProfilesAsync(new() { DirectoryId = directory, UserIds = { ada.Id, bob.Id, "nobody" } });
            Assert.Equal([ada.Id], found.Profiles.Select(p => p.UserId));
        }

        await FailsAsync(
            ErrorReason.ResourceNotFound, async () => await service.Profiles.GetProfileAsync(new() { DirectoryId = directory, UserId = bob.Id }));
    }

    [Fact]
    public async Task A_deleted_directory_takes_everything_with_it()
    {
        var directory = await service.NewDirectoryAsync();
        var user = await service.CreateAsync(directory, Ada);
        await service.ProfileOfAsync(user);

        await service.DeleteDirectoryAsync(directory);

        await Eventually.True(async () => await service.Database.Sql($"""
            select (select count(*) from profiles where directory_id = {directory}) + (select count(*) from inventory where directory_id = {directory})
            """).SingleAsync(row => row.GetInt64(0), CancellationToken.None) == 0);
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await service.Mappings.GetMappingAsync(new() { DirectoryId = directory }));
    }
}

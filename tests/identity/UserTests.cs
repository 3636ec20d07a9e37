using DirectorySync.Errors.V1;
using DirectorySync.Scim.V1;
using static DirectorySync.Identity.Tests.IdentityService;

namespace DirectorySync.Identity.Tests;

/// <summary>Creating, reading, replacing, patching and deleting users.</summary>
public sealed class UserTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task A_user_is_stored_as_sent_with_an_id_of_ours()
    {
        var directory = await identity.CreateDirectoryAsync();
        var sent = Person("Ada@Acme.com");
        sent.Enterprise = new() { Department = "Engines" };
        sent.RawAttributes.Add(new RawAttribute { Schema = "urn:custom", Name = "Size", Json = """{"a":1.10}""" });

        var created = await identity.CreateUserAsync(directory.Id, sent);

        Assert.Equal(7, Guid.Parse(created.Id).Version);
        Assert.Equal(1, created.Version);
        Assert.Equal(directory.Id, created.DirectoryId);
        Assert.Equal(created, await identity.GetUserAsync(created));
        (sent.DirectoryId, sent.Id, sent.Version) = (created.DirectoryId, created.Id, created.Version);
        (sent.CreateTime, sent.UpdateTime) = (created.CreateTime, created.UpdateTime);
        Assert.Equal(sent, created);
    }

    [Fact]
    public async Task A_user_name_is_taken_whatever_its_case()
    {
        var directory = await identity.CreateDirectoryAsync();
        await identity.CreateUserAsync(directory, "Ada@Acme.com");
        var other = await identity.CreateUserAsync(directory, "grace@acme.com");

        var error = await FailsAsync(ErrorReason.UserNameTaken, () => identity.CreateUserAsync(directory, "aDA@acme.COM"));
        other.UserName = "ADA@acme.com";
        await FailsAsync(ErrorReason.UserNameTaken, () => identity.ReplaceUserAsync(other));

        Assert.Contains("aDA@acme.COM", error.Status.Detail, StringComparison.Ordinal);
        Assert.Equal("grace@acme.com", (await identity.GetUserAsync(other)).UserName);
    }

    [Fact]
    public async Task Two_directories_may_have_the_same_user_name()
    {
        var (one, other) = (await identity.CreateDirectoryAsync(), await identity.CreateDirectoryAsync());

        await identity.CreateUserAsync(one, "ada@acme.com");
        await identity.CreateUserAsync(other, "ada@acme.com");
    }

    [Fact]
    public async Task A_new_user_is_active_unless_it_says_otherwise()
    {
        var directory = await identity.CreateDirectoryAsync();

        Assert.True((await identity.CreateUserAsync(directory.Id, new() { UserName = "silent" })).Active);
        Assert.False((await identity.CreateUserAsync(directory.Id, new() { UserName = "left", Active = false })).Active);
    }

    [Fact]
    public async Task A_replacement_that_does_not_name_active_reactivates_nobody()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory.Id, new() { UserName = "left", Active = false });

        var replaced = await identity.ReplaceUserAsync(new() { DirectoryId = directory.Id, Id = user.Id, UserName = "left", Title = "x" });

        Assert.False(replaced.Active);
        Assert.Equal(2, replaced.Version);
    }

    [Fact]
    public async Task A_replacement_unassigns_what_is_not_given()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada@acme.com");

        var replaced = await identity.ReplaceUserAsync(new() { DirectoryId = directory.Id, Id = user.Id, UserName = "ada@acme.com" });

        Assert.Empty(replaced.Emails);
        Assert.Equal("", replaced.DisplayName);
        Assert.Equal(user.CreateTime, replaced.CreateTime);
        Assert.True(replaced.UpdateTime.ToDateTimeOffset() >= user.UpdateTime.ToDateTimeOffset());
    }

    [Fact]
    public async Task A_write_that_changes_nothing_writes_nothing()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada@acme.com");
        var echo = user.Clone();
        (echo.Version, echo.UpdateTime, echo.CreateTime) = (99, null, null);

        Assert.Equal(user, await identity.ReplaceUserAsync(echo));
        Assert.Equal(user, await PatchAsync(user, """[{"op":"replace","value":{"active":true,"displayName":"Ada ada@acme.com"}}]"""));

        Assert.Equal(user, await identity.GetUserAsync(user));
        Assert.Single(await identity.ChangesAsync(User.Descriptor.FullName, user.Id));
    }

    [Fact]
    public async Task A_stale_version_is_refused_and_zero_means_any()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada@acme.com");
        var changed = user.Clone();
        changed.Title = "Countess";
        changed = await identity.ReplaceUserAsync(changed, expectedVersion: 1);
        var late = user.Clone();
        late.Title = "Late";

        await FailsAsync(ErrorReason.EtagMismatch, () => identity.ReplaceUserAsync(late, expectedVersion: 1));
        await FailsAsync(ErrorReason.EtagMismatch, async () => await identity.Users.DeleteUserAsync(
            new() { DirectoryId = directory.Id, Id = user.Id, ExpectedVersion = 1 }));
        Assert.Equal("Countess", (await identity.GetUserAsync(user)).Title);

        await identity.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = user.Id, ExpectedVersion = 2 });
        await FailsAsync(ErrorReason.ResourceNotFound, () => identity.GetUserAsync(user));
    }

    [Fact]
    public async Task A_deactivation_by_Okta_is_a_patch_without_a_path()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada@acme.com");

        var patched = await PatchAsync(user, """[{"op":"replace","value":{"active":false}}]""");

        Assert.False(patched.Active);
        Assert.Equal(patched, await identity.GetUserAsync(user));
        Assert.Equal(new UserCounts { Inactive = 1 }, (await identity.GetDirectoryAsync(directory.Id)).UserCounts);
    }

    [Fact]
    public async Task A_patch_is_all_or_nothing()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada@acme.com");

        await FailsAsync(ErrorReason.NoTarget, () => PatchAsync(user, """
            [{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"emails[type eq \"fax\"].value","value":"y"}]
            """));
        await FailsAsync(ErrorReason.InvalidValue, () => PatchAsync(user, """[{"op":"replace","path":"userName","value":"  "}]"""));

        Assert.Equal(user, await identity.GetUserAsync(user));
    }

    [Fact]
    public async Task A_user_without_a_user_name_is_refused()
    {
        var directory = await identity.CreateDirectoryAsync();

        var error = await FailsAsync(ErrorReason.InvalidValue, () => identity.CreateUserAsync(directory.Id, new() { DisplayName = "x" }));

        Assert.StartsWith("userName", error.Status.Detail, StringComparison.Ordinal);
    }

    public static TheoryData<string> Unstorable => new()
    {
        """{"userName":"a\u0000b"}""",
        """{"userName":"a","name":{"givenName":"a\u0000"}}""",
        """{"userName":"a","emails":[{"value":"x\u0000"}]}""",
        """{"userName":"a","rawAttributes":[{"schema":"urn:x","name":"n","json":"\"\\u0000\""}]}""",
        """{"userName":"a","rawAttributes":[{"schema":"urn:x","name":"n","json":"{\"a\\u0000\":1}"}]}""",
        """{"userName":"a","rawAttributes":[{"schema":"urn:x","name":"n","json":"\"\\ud800\""}]}""",
        """{"userName":"a","rawAttributes":[{"schema":"urn:x","name":"n","json":"{nonsense"}]}""",
        """{"userName":"a","roles":[{"value":"x","primary":true},{"value":"y","primary":true}]}""",
    };

    [Theory]
    [MemberData(nameof(Unstorable))]
    public async Task What_cannot_be_stored_is_refused_by_name(string json)
    {
        var directory = await identity.CreateDirectoryAsync();

        await FailsAsync(ErrorReason.InvalidValue, () => identity.CreateUserAsync(directory.Id, User.Parser.ParseJson(json)));
        Assert.Equal(0, (await identity.Users.ListUsersAsync(new() { DirectoryId = directory.Id })).TotalSize);

        var stored = await identity.CreateUserAsync(directory, "ada");
        var wanted = User.Parser.ParseJson(json);
        (wanted.Id, wanted.DirectoryId) = (stored.Id, stored.DirectoryId);
        await FailsAsync(ErrorReason.InvalidValue, () => identity.ReplaceUserAsync(wanted));
        Assert.Equal(stored, await identity.GetUserAsync(stored));
    }

    [Fact]
    public async Task Searched_values_have_at_most_512_characters_of_any_kind()
    {
        var directory = await identity.CreateDirectoryAsync();
        var longest = string.Concat(Enumerable.Repeat("\U0001F600", 256));

        await identity.CreateUserAsync(directory.Id, new() { UserName = longest, ExternalId = longest, DisplayName = longest });

        var error = await FailsAsync(
            ErrorReason.InvalidValue, () => identity.CreateUserAsync(directory.Id, new() { UserName = longest + "x" }));
        Assert.Contains("512", error.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("a\0b")]
    [InlineData("")]
    public async Task An_id_that_can_be_nobodys_is_not_found(string id)
    {
        var directory = await identity.CreateDirectoryAsync();
        var key = (DirectoryId: directory.Id, Id: id);

        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Users.GetUserAsync(new() { DirectoryId = key.DirectoryId, Id = id }));
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Users.GetUserAsync(new() { DirectoryId = key.DirectoryId, Id = new('x', 300) }));
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = id }));
        await FailsAsync(ErrorReason.ResourceNotFound, () => identity.ReplaceUserAsync(new() { DirectoryId = directory.Id, Id = id, UserName = "a" }));
        Assert.Empty((await identity.Users.BatchGetUsersAsync(new() { DirectoryId = directory.Id, Ids = { id } })).Users);
    }

    [Fact]
    public async Task A_deleted_user_is_gone_and_its_name_free_under_another_id()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada@acme.com");

        await identity.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = user.Id });

        await FailsAsync(ErrorReason.ResourceNotFound, () => identity.GetUserAsync(user));
        await FailsAsync(ErrorReason.ResourceNotFound, () => identity.ReplaceUserAsync(user));
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = user.Id }));
        Assert.NotEqual(user.Id, (await identity.CreateUserAsync(directory, "ada@acme.com")).Id);
        Assert.Equal(new UserCounts { Active = 1 }, (await identity.GetDirectoryAsync(directory.Id)).UserCounts);
    }

    [Fact]
    public async Task Many_are_read_and_checked_at_once_and_only_so_many()
    {
        var directory = await identity.CreateDirectoryAsync();
        var (ada, grace) = (await identity.CreateUserAsync(directory, "ada"), await identity.CreateUserAsync(directory, "grace"));

        var read = await identity.Users.BatchGetUsersAsync(new() { DirectoryId = directory.Id, Ids = { ada.Id, "nobody", grace.Id, ada.Id } });
        var exist = await identity.Users.CheckUsersExistAsync(new() { DirectoryId = directory.Id, Ids = { ada.Id, "nobody" } });

        Assert.Equal([ada, grace], read.Users.OrderBy(user => user.Id, StringComparer.Ordinal));
        Assert.Equal([ada.Id], exist.Ids);
        var named = await identity.Users.BatchGetUsersAsync(new() { DirectoryId = directory.Id, UserNames = { "ADA", "nobody", "", "grace", "Ada" } });
        Assert.Equal([ada, grace], named.Users.OrderBy(user => user.Id, StringComparer.Ordinal));
        Assert.Equal([grace], (await identity.Users.BatchGetUsersAsync(new() { DirectoryId = directory.Id, UserNames = { "Grace" } })).Users);
        await FailsAsync(ErrorReason.InvalidValue, async () => await identity.Users.BatchGetUsersAsync(
            new() { DirectoryId = directory.Id, Ids = { ada.Id }, UserNames = { "ada" } }));
        await FailsAsync(ErrorReason.LimitExceeded, async () => await identity.Users.BatchGetUsersAsync(
            new() { DirectoryId = directory.Id, UserNames = { Enumerable.Repeat("x", 1001) } }));
        await FailsAsync(ErrorReason.LimitExceeded, async () => await identity.Users.BatchGetUsersAsync(
            new() { DirectoryId = directory.Id, Ids = { Enumerable.Repeat("x", 1001) } }));
        await FailsAsync(ErrorReason.LimitExceeded, async () => await identity.Users.CheckUsersExistAsync(
            new() { DirectoryId = directory.Id, Ids = { Enumerable.Repeat("x", 10_001) } }));
    }

    [Fact]
    public async Task A_read_after_a_write_sees_it_on_every_replica()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada@acme.com");
        await using var other = identity.StartReplica();

        for (var i = 0; i < 20; i++)
        {
            user.Title = $"Title {i}";
            user = await identity.ReplaceUserAsync(user);
            Assert.Equal(user, (await other.Users.GetUserAsync(new() { DirectoryId = directory.Id, Id = user.Id })).User);
        }

        await other.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = user.Id });
        await FailsAsync(ErrorReason.ResourceNotFound, () => identity.GetUserAsync(user));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("\"\\u0000\"")]
    [InlineData("\"\\ud800\"")]
    public async Task A_patch_with_what_cannot_be_kept_changes_nothing(string json)
    {
        var user = await identity.CreateUserAsync(await identity.CreateDirectoryAsync(), "raw@acme.com");
        var operation = new UserPatchOperation
        {
            Operator = PatchOperator.Add,
            Target = new() { Path = new() { Schema = "urn:x", Attribute = "n" } },
            Value = new() { RawAttributes = { new RawAttribute { Schema = "urn:x", Name = "n", Json = json } } },
        };

        await FailsAsync(ErrorReason.InvalidValue, async () =>
            await identity.Users.PatchUserAsync(new() { DirectoryId = user.DirectoryId, Id = user.Id, Operations = { operation } }));
    }

    private async Task<User> PatchAsync(User user, string operations) => await identity.PatchUserAsync(user, operations);
}

using DirectorySync.Errors.V1;
using static DirectorySync.Identity.Tests.IdentityService;

namespace DirectorySync.Identity.Tests;

/// <summary>Creating, reading, replacing and deleting users.</summary>
public sealed class UserTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task A_user_is_stored_as_sent_with_an_id_of_ours()
    {
        var directory = await identity.CreateDirectoryAsync();

        var created = await identity.CreateUserAsync(directory.Id, Person("Ada@Acme.com"));

        Assert.Equal("Ada@Acme.com", created.UserName);
        Assert.Equal(7, Guid.Parse(created.Id).Version);
        Assert.Equal(1, created.Version);
        Assert.Equal(directory.Id, created.DirectoryId);
        Assert.Equal(created, await identity.GetUserAsync(created));
    }

    [Fact]
    public async Task A_user_name_is_taken_whatever_its_case()
    {
        var directory = await identity.CreateDirectoryAsync();
        await identity.CreateUserAsync(directory, "Ada@Acme.com");

        var error = await FailsAsync(ErrorReason.UserNameTaken, () => identity.CreateUserAsync(directory, "aDA@acme.COM"));

        Assert.Contains("aDA@acme.COM", error.Status.Detail, StringComparison.Ordinal);
    }
}

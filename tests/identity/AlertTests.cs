using DirectorySync.Identity.Directories;
using Microsoft.Extensions.DependencyInjection;

namespace DirectorySync.Identity.Tests;

/// <summary>Problems that somebody should hear of are told when they begin, once, and when they end.</summary>
public sealed class AlertTests(IdentityService identity) : IClassFixture<IdentityService>
{
    private DirectoryAlerts Alerts => identity.Services.GetRequiredService<DirectoryAlerts>();

    [Fact]
    public async Task A_token_near_its_end_and_a_silent_directory_are_told_once_until_they_end()
    {
        var directory = await identity.CreateDirectoryAsync();
        var token = await identity.Credentials.CreateScimTokenAsync(new()
        {
            DirectoryId = directory.Id, Name = "Okta", ExpireTime = DateTimeOffset.UtcNow.AddDays(3).ToTimestamp(),
        });
        await identity.CreateUserAsync(directory.Id, new() { UserName = "ada" });
        await identity.Database.Sql($"""
            update directory_contacts set first_contact_time = now() - interval '30 days', last_contact_time = now() - interval '20 days'
            where directory_id = {directory.Id}
            """).ExecuteAsync(CancellationToken.None);

        await Alerts.LookAsync(CancellationToken.None);
        await Alerts.LookAsync(CancellationToken.None);

        var expires = Assert.Single(await ToldAsync($"TOKEN_EXPIRES_SOON/{token.ScimToken.Id}"));
        Assert.Equal(token.ScimToken.Id, DirectoryAlert.Parser.ParseFrom(expires.Resource).ResourceId);
        Assert.Single(await ToldAsync("SILENT", directory.Id));
        Assert.Contains(await identity.ProblemsAsync(directory.Id), problem => problem.ResourceId == token.ScimToken.Id);

        await identity.Credentials.RevokeScimTokenAsync(new() { DirectoryId = directory.Id, Id = token.ScimToken.Id });
        await identity.Database.Sql($"update directory_contacts set last_contact_time = now() where directory_id = {directory.Id}")
            .ExecuteAsync(CancellationToken.None);
        await Alerts.LookAsync(CancellationToken.None);
        await Alerts.LookAsync(CancellationToken.None);

        Assert.Equal([false, true], (await ToldAsync($"TOKEN_EXPIRES_SOON/{token.ScimToken.Id}")).Select(change => change.Deleted));
        var silent = await ToldAsync("SILENT", directory.Id);
        Assert.Equal([false, true], silent.Select(change => change.Deleted));
        Assert.True(silent[0].Version < silent[1].Version);
    }

    private async Task<List<(long Version, bool Deleted, byte[] Resource)>> ToldAsync(string id, string? directoryId = null) =>
        [.. (await identity.ChangesAsync(DirectoryAlert.Descriptor.FullName, id))
            .Where(change => directoryId is null || DirectoryAlert.Parser.ParseFrom(change.Resource).DirectoryId == directoryId)];
}

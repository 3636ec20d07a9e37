using DirectorySync.Audit.V1;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.Portal;
using Google.Protobuf;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using static DirectorySync.Identity.Tests.IdentityService;

namespace DirectorySync.Identity.Tests;

/// <summary>Links by which IT admins come to the setup portal.</summary>
public sealed class PortalLinkTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task A_link_is_looked_at_as_often_as_one_likes_and_opens_once()
    {
        var directory = await identity.CreateDirectoryAsync();
        var created = await CreateAsync(directory, directory.Id);
        Assert.Equal(created.PortalLink, (await ResolveAsync(created)).PortalLink);
        Assert.Equal(created.PortalLink, (await ResolveAsync(created)).PortalLink);

        var opened = await OpenAsync(created, "first");

        Assert.NotNull(opened.PortalLink.OpenTime);
        Assert.Equal((directory.OrganizationId, directory.Id), (opened.PortalLink.OrganizationId, opened.PortalLink.DirectoryId));
        var spent = await FailsAsync(ErrorReason.PortalLinkSpent, () => OpenAsync(created, "second"));
        Assert.Equal(Grpc.Core.StatusCode.FailedPrecondition, spent.StatusCode);
        // The answer to the first may have been lost.
        Assert.Equal(opened, await OpenAsync(created, "first"));
        Assert.Equal(opened.PortalLink, (await ResolveAsync(created)).PortalLink);
    }

    [Fact]
    public async Task Of_all_who_open_a_link_at_once_one_wins_whichever_replica_they_ask()
    {
        await using var second = identity.StartReplica();
        var created = await CreateAsync(await identity.CreateDirectoryAsync());

        var tries = await Task.WhenAll(Enumerable.Range(0, 16).Select(async number =>
        {
            try
            {
                var links = number % 2 == 0 ? identity.PortalLinks : second.PortalLinks;
                await links.OpenPortalLinkAsync(new() { Id = created.PortalLink.Id, SecretHash = HashOf(created.Secret), RequestId = $"{number}" });
                return ErrorReason.Unspecified;
            }
            catch (Grpc.Core.RpcException e)
            {
                return DirectorySync.Chassis.Errors.RpcErrors.Reason(e);
            }
        }));

        Assert.Single(tries, reason => reason == ErrorReason.Unspecified);
        Assert.Equal(15, tries.Count(reason => reason == ErrorReason.PortalLinkSpent));
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_secret_the_answer_is_the_same()
    {
        var directory = await identity.CreateDirectoryAsync();
        var (mine, other) = (await CreateAsync(directory), await CreateAsync(directory));
        var wrong = new (string Id, ByteString Hash)[]
        {
            (mine.PortalLink.Id, HashOf(other.Secret)), (mine.PortalLink.Id, ByteString.Empty), (mine.PortalLink.Id, ByteString.CopyFrom(new byte[32])),
            ("nobody", HashOf(mine.Secret)), ("nobody", ByteString.CopyFrom(new byte[32])), ("", HashOf(mine.Secret)), ("a\0b", HashOf(mine.Secret)),
        };

        var errors = new List<string>();
        foreach (var (id, hash) in wrong)
        {
            errors.Add((await FailsAsync(ErrorReason.InvalidCredentials,
                async () => await identity.PortalLinks.ResolvePortalLinkAsync(new() { Id = id, SecretHash = hash }))).Status.Detail);
            errors.Add((await FailsAsync(ErrorReason.InvalidCredentials,
                async () => await identity.PortalLinks.OpenPortalLinkAsync(new() { Id = id, SecretHash = hash, RequestId = "x" }))).Status.Detail);
        }

        Assert.Single(errors.Distinct());
        await OpenAsync(mine, "still works");
    }

    [Fact]
    public async Task A_link_whose_time_is_over_is_told_so_for_a_month_and_then_removed()
    {
        var time = new ShiftedTime();
        await using var replica = identity.StartReplica(builder => builder.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(time)));
        var created = await CreateAsync(await identity.CreateDirectoryAsync());
        Assert.Equal(TimeSpan.FromDays(7), created.PortalLink.ExpireTime.ToDateTime() - created.PortalLink.CreateTime.ToDateTime());
        var open = new OpenPortalLinkRequest { Id = created.PortalLink.Id, SecretHash = HashOf(created.Secret), RequestId = "late" };
        var resolve = new ResolvePortalLinkRequest { Id = created.PortalLink.Id, SecretHash = HashOf(created.Secret) };
        var store = replica.Services.GetRequiredService<PortalLinkStore>();

        time.Shift = TimeSpan.FromDays(7.01);
        var late = await FailsAsync(ErrorReason.PortalLinkSpent, async () => await replica.PortalLinks.OpenPortalLinkAsync(open));
        Assert.Contains("time is over", late.Status.Detail, StringComparison.Ordinal);

        time.Shift = TimeSpan.FromDays(36.9);
        await store.RemoveExpiredAsync(CancellationToken.None);
        Assert.Null((await replica.PortalLinks.ResolvePortalLinkAsync(resolve)).PortalLink.OpenTime);

        time.Shift = TimeSpan.FromDays(37.1);
        Assert.True(await store.RemoveExpiredAsync(CancellationToken.None) > 0);
        await FailsAsync(ErrorReason.InvalidCredentials, async () => await replica.PortalLinks.ResolvePortalLinkAsync(resolve));
    }

    [Fact]
    public async Task A_link_is_for_a_directory_of_its_organization_and_goes_with_them()
    {
        var (mine, other) = (await identity.CreateDirectoryAsync(), await identity.CreateDirectoryAsync());
        await FailsAsync(ErrorReason.ResourceNotFound, () => CreateAsync(mine, other.Id));
        await FailsAsync(ErrorReason.ResourceNotFound, () => CreateAsync(mine, "nobody"));
        await FailsAsync(ErrorReason.ResourceNotFound,
            async () => await identity.PortalLinks.CreatePortalLinkAsync(new() { OrganizationId = "nobody" }));
        var link = await CreateAsync(mine, mine.Id);

        await identity.Directories.DeleteDirectoryAsync(new() { Id = mine.Id });
        await identity.GoneAsync(mine);

        await FailsAsync(ErrorReason.InvalidCredentials, () => ResolveAsync(link));
    }

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("/settings")]
    [InlineData("https://user@app.example.com")]
    [InlineData("not an address")]
    public async Task Nobody_is_sent_to_what_is_no_web_address(string url)
    {
        var organization = await identity.CreateOrganizationAsync();

        await FailsAsync(ErrorReason.InvalidValue, async () => await identity.PortalLinks.CreatePortalLinkAsync(
            new() { OrganizationId = organization.Id, ReturnUrl = url }));
        await FailsAsync(ErrorReason.InvalidValue, async () => await identity.PortalLinks.CreatePortalLinkAsync(
            new() { OrganizationId = organization.Id, SuccessUrl = url }));
        await FailsAsync(ErrorReason.InvalidValue, async () => await identity.PortalLinks.CreatePortalLinkAsync(
            new() { OrganizationId = organization.Id, ExpireTime = DateTimeOffset.UtcNow.AddDays(31).ToTimestamp() }));
    }

    [Fact]
    public async Task Creating_and_opening_are_audited_and_no_row_holds_the_secret()
    {
        var created = await CreateAsync(await identity.CreateDirectoryAsync());
        await OpenAsync(created, "audited");

        var entries = await identity.Database.Sql($"select data from audit_log where resource_id = {created.PortalLink.Id} order by id")
            .ListAsync(row => AuditEntry.Parser.ParseFrom(row.GetFieldValue<byte[]>(0)), CancellationToken.None);

        Assert.Equal(["portal_link.created", "portal_link.opened"], entries.Select(entry => entry.Action));
        Assert.NotNull(entries[1].After.Unpack<PortalLink>().OpenTime);
        Assert.Equal(0, await identity.Database.Sql($"""
            select count(*) from portal_links where position(convert_to({created.Secret}, 'UTF8') in data) > 0 or secret_hash = convert_to({created.Secret}, 'UTF8')
            """).SingleAsync(row => row.GetInt64(0), CancellationToken.None));
    }

    private async Task<CreatePortalLinkResponse> CreateAsync(Directory directory, string directoryId = "") =>
        await identity.PortalLinks.CreatePortalLinkAsync(new() { OrganizationId = directory.OrganizationId, DirectoryId = directoryId });

    private async Task<ResolvePortalLinkResponse> ResolveAsync(CreatePortalLinkResponse created) =>
        await identity.PortalLinks.ResolvePortalLinkAsync(new() { Id = created.PortalLink.Id, SecretHash = HashOf(created.Secret) });

    private async Task<OpenPortalLinkResponse> OpenAsync(CreatePortalLinkResponse created, string requestId) =>
        await identity.PortalLinks.OpenPortalLinkAsync(
            new() { Id = created.PortalLink.Id, SecretHash = HashOf(created.Secret), RequestId = requestId });
}

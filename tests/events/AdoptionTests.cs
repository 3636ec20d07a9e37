using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;

namespace DirectorySync.Events.Tests;

public sealed class AdoptionTests(EventsHost host) : IClassFixture<EventsHost>
{
    private AdoptionService.AdoptionServiceClient Adoptions => new(host.Channel);

    [Fact]
    public async Task Present_users_are_compared_in_preview_and_keep_the_applications_id()
    {
        var directory = await host.NewDirectoryAsync(DirectoryState.Preview);
        await directory.UserAsync("ada", 1);
        await directory.UserAsync("bob", 1, profile => profile.Attributes.Add(new AttributeMapping.V1.ProfileAttribute { Name = "job_title", Json = "\"Lead\"" }), ["editor"]);
        await directory.UserAsync("cyd", 1);
        await UploadAsync(
            directory, User("1", "ADA@acme.com", first: "ada"), User("2", "bob@acme.com", first: "Robert", title: "Engineer", role: "viewer"),
            User("3", "dan@acme.com"));

        var counted = await Adoptions.CompareAdoptionAsync(new() { DirectoryId = directory.Id, Kind = AdoptionKind.Overwritten });
        Assert.Equal(
            [(AdoptionKind.Matched, 1), (AdoptionKind.Overwritten, 1), (AdoptionKind.New, 1), (AdoptionKind.Missing, 1)],
            counted.Counts.OrderBy(entry => entry.Key).Select(entry => ((AdoptionKind)entry.Key, (int)entry.Value)));
        var bob = Assert.Single(counted.Differences);
        Assert.Equal(("2", "bob"), (bob.ApplicationId, bob.UserId));
        Assert.Equal(
            ["first_name Robert bob", "job_title Engineer Lead", "role viewer editor"],
            bob.Changes.Select(change => $"{change.Attribute} {change.Before} {change.After}"));
        Assert.Equal("3", Assert.Single((await Adoptions.CompareAdoptionAsync(new() { DirectoryId = directory.Id, Kind = AdoptionKind.Missing })).Differences).ApplicationId);
        Assert.Equal("cyd", Assert.Single((await Adoptions.CompareAdoptionAsync(new() { DirectoryId = directory.Id, Kind = AdoptionKind.New })).Differences).UserId);

        await directory.TellAsync(DirectoryState.Active);
        var told = await directory.EventsAsync();
        Assert.Contains("\"application_id\":\"1\"", told[1].DataJson, StringComparison.Ordinal);
        Assert.DoesNotContain("application_id", told[3].DataJson, StringComparison.Ordinal);

        // Whoever comes later is recognized too, and stays who he is when the address changes.
        await directory.UserAsync("dan", 1);
        await directory.UserAsync("ada", 2, profile => profile.Email = "other@acme.com");
        Assert.Equal(["user.created dan", "user.updated ada"], await directory.ToldAsync(4));
        Assert.All((await directory.EventsAsync())[4..], e => Assert.Contains("\"application_id\":", e.DataJson, StringComparison.Ordinal));
        Assert.Equal(
            ["1", "2", "", "3"],
            (await host.Reads.ListDirectoryUsersAsync(new() { DirectoryId = directory.Id, Page = new() { Ascending = true } })).Users.Select(u => u.User.ApplicationId));
        Assert.Equal("1", (await host.Reads.GetDirectoryUserAsync(new() { Id = "ada", DirectoryId = directory.Id })).User.User.ApplicationId);

        await UploadAsync(directory, User("1", "ada@acme.com"));
        Assert.Equal("1", (await host.Reads.GetDirectoryUserAsync(new() { Id = "ada", DirectoryId = directory.Id })).User.User.ApplicationId);
        await Adoptions.DeleteAdoptionAsync(new() { DirectoryId = directory.Id });
        Assert.Equal("", (await host.Reads.GetDirectoryUserAsync(new() { Id = "ada", DirectoryId = directory.Id })).User.User.ApplicationId);
    }

    [Fact]
    public async Task The_preview_counts_no_invitation_of_whom_the_application_has()
    {
        var directory = await host.NewDirectoryAsync(DirectoryState.Preview);
        await directory.TellAsync(DirectoryState.Preview, invitations: true);
        foreach (var id in new[] { "ada", "bob", "cyd" })
        {
            await directory.UserAsync(id, 1);
        }

        await directory.UserAsync("dan", 1, profile => profile.Email = "ada@acme.com");
        Assert.Equal(4, await InvitationsAsync(directory));

        // Two have the address of one: one of them is whom the application has.
        await UploadAsync(directory, User("1", "ADA@acme.com"), User("2", "bob@acme.com"), User("3", "else@acme.com"));
        Assert.Equal(2, await InvitationsAsync(directory));
        await Adoptions.CompareAdoptionAsync(new() { DirectoryId = directory.Id });
        Assert.Equal(2, await InvitationsAsync(directory));

        await directory.TellAsync(DirectoryState.Active, invitations: true);
        await directory.SettledAsync();
        Assert.Equal(2, await host.Database.Sql($"select count(*) from invitations v where v.directory_id = {directory.Id}")
            .SingleAsync(row => row.GetInt64(0), CancellationToken.None));
    }

    [Fact]
    public async Task Pages_of_a_kind_are_whole_and_an_upload_with_a_fault_changes_nothing()
    {
        var directory = await host.NewDirectoryAsync(DirectoryState.Preview);
        var ids = Enumerable.Range(0, 7).Select(number => $"user-{number}").ToArray();
        foreach (var id in ids)
        {
            await directory.UserAsync(id, 1);
        }

        await UploadAsync(directory, [.. ids.Take(4).Select(id => User(id, $"{id}@acme.com")), .. ids.Select(id => User($"gone-{id}", $"gone-{id}@acme.com"))]);
        foreach (var (kind, count) in new[] { (AdoptionKind.Matched, 4), (AdoptionKind.New, 3), (AdoptionKind.Missing, 7) })
        {
            var listed = new List<AdoptionDifference>();
            var request = new CompareAdoptionRequest { DirectoryId = directory.Id, Kind = kind, PageSize = 2 };
            do
            {
                var page = await Adoptions.CompareAdoptionAsync(request);
                Assert.Equal(count, request.PageToken.Length > 0 ? count : (int)page.Counts[(int)kind]);
                listed.AddRange(page.Differences);
                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);

            Assert.Equal(count, listed.Select(difference => difference.Email).Distinct().Count());
            Assert.Equal(count, listed.Count);
        }

        foreach (var users in new[]
        {
            new[] { User("1", "one@acme.com"), User("2", "ONE@acme.com") }, [User("1", "one@acme.com"), User("1", "two@acme.com")],
            [User("", "one@acme.com")], [User("1", "nonsense")],
        })
        {
            await EventsHost.FailsAsync(ErrorReason.InvalidValue, () => UploadAsync(directory, users));
        }

        Assert.Equal(7, (await Adoptions.CompareAdoptionAsync(new() { DirectoryId = directory.Id })).Counts[(int)AdoptionKind.Missing]);
        await EventsHost.FailsAsync(ErrorReason.ResourceNotFound, async () => await Adoptions.CompareAdoptionAsync(new() { DirectoryId = "none" }));
    }

    private static AdoptedUser User(string id, string email, string first = "", string title = "", string role = "") => new()
    {
        ApplicationId = id, Email = email, Role = role, Attributes = { ["first_name"] = first, ["job_title"] = title },
    };

    private async Task<long> InvitationsAsync(TestDirectory directory) =>
        (await host.Reads.GetDifferenceAsync(new() { DirectoryId = directory.Id })).Invitations;

    private async Task UploadAsync(TestDirectory directory, params AdoptedUser[] users)
    {
        using var call = Adoptions.UploadAdoption();
        await call.RequestStream.WriteAsync(new() { DirectoryId = directory.Id });
        foreach (var part in users.Chunk(3))
        {
            try
            {
                await call.RequestStream.WriteAsync(new() { Users = { part } });
            }
            catch (Grpc.Core.RpcException)
            {
                break;
            }
        }

        await call.RequestStream.CompleteAsync();
        await call.ResponseAsync;
    }
}

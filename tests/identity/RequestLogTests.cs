using DirectorySync.Errors.V1;
using DirectorySync.Identity.Requests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace DirectorySync.Identity.Tests;

/// <summary>What identity providers asked and were answered, for seven days.</summary>
public sealed class RequestLogTests(IdentityService identity) : IClassFixture<IdentityService>
{
    private const string Word = "Zwetschgenkuchen";

    private RequestLogStore Log => identity.Services.GetRequiredService<RequestLogStore>();

    [Fact]
    public async Task An_entry_is_appended_once_and_belongs_to_the_directory_of_its_endpoint()
    {
        var directory = await identity.CreateDirectoryAsync();
        var (known, guess, nobodys, foreign) = (Entry(directory), Entry(directory), Entry(directory), Entry(directory));
        (guess.DirectoryId, guess.Endpoint) = ("", directory.EndpointKey.ToUpperInvariant());
        (nobodys.DirectoryId, nobodys.Endpoint) = ("", "nobodys");
        foreign.DirectoryId = "none";

        await identity.RequestLog.AppendRequestsAsync(new() { Requests = { known, guess, nobodys, foreign } });
        await identity.RequestLog.AppendRequestsAsync(new() { Requests = { known } });

        Assert.Equal(new[] { guess.Id, known.Id }.OrderDescending(), (await ListAsync(directory)).Select(entry => entry.Id));
        Assert.Equal(known, (await ListAsync(directory)).Single(entry => entry.Id == known.Id));
    }

    [Fact]
    public async Task A_day_that_is_over_for_a_week_is_dropped_whole_and_older_entries_are_not_taken()
    {
        var directory = await identity.CreateDirectoryAsync();
        var (old, fresh) = (Entry(directory, TimeSpan.FromDays(6.9)), Entry(directory));
        await Log.AppendAsync([old, fresh, Entry(directory, TimeSpan.FromDays(7.1))], CancellationToken.None);
        Assert.Equal(2, (await ListAsync(directory)).Count);
        var later = new ShiftedTime { Shift = TimeSpan.FromDays(1.2) };

        using var keeping = new RequestLogKeeping(identity.Database, later, NullLogger<RequestLogKeeping>.Instance);
        await keeping.KeepAsync(CancellationToken.None);

        Assert.Equal(1, await CountAsync(directory));
        Assert.Equal(fresh.Id, Assert.Single(await ListAsync(directory)).Id);
        var days = await identity.Database.Sql($"select relname::text from pg_class where relname ~ '^scim_requests_day_[0-9]+$' and relkind = 'r' order by 1")
            .ListAsync(row => row.GetString(0), CancellationToken.None);
        Assert.Equal($"scim_requests_day_{later.GetUtcNow().AddDays(2).ToUnixTimeSeconds() / 86_400}", days[^1]);
        Assert.InRange(days.Count, 3, 11);
    }

    [Fact]
    public async Task A_rare_entry_is_found_behind_pages_that_have_none_of_it()
    {
        var directory = await identity.CreateDirectoryAsync();
        var rare = Entry(directory, TimeSpan.FromHours(1));
        rare.Method = "DELETE";
        await Log.AppendAsync([rare, .. Enumerable.Range(0, RequestLogStore.LookedAt).Select(i => Entry(directory, TimeSpan.FromMilliseconds(i)))], CancellationToken.None);

        var first = await identity.RequestLog.ListRequestsAsync(new() { DirectoryId = directory.Id, Method = "DELETE" });
        var second = await identity.RequestLog.ListRequestsAsync(new() { DirectoryId = directory.Id, Method = "DELETE", PageToken = first.NextPageToken });

        Assert.Empty(first.Requests);
        Assert.Equal((rare.Id, ""), (Assert.Single(second.Requests).Id, second.NextPageToken));
        await IdentityService.FailsAsync(ErrorReason.InvalidPageToken, async () => await identity.RequestLog.ListRequestsAsync(new() { DirectoryId = directory.Id, PageToken = "x" }));
    }

    [Fact]
    public async Task What_the_log_says_of_an_erased_person_goes_whatever_it_was_called_and_others_stay()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory.Id, new() { UserName = $"{Word}@acme.com", DisplayName = $"{Word} Müller", Active = true });
        var before = Entry(directory, path: "/Users/" + user.Id, body: $$"""{"userName":"old.{{Word}}@acme.com"}""");
        var refused = Entry(directory, path: "/Users", body: $$"""{"userName":"{{Word.ToUpperInvariant()}}@ACME.com"}""", status: 409);
        refused.Detail = $"User name '{Word}@acme.com' is in use.";
        var sought = Entry(directory);
        sought.Query = $"filter=userName eq \"old.{Word}@acme.com\"";
        var shown = Entry(directory, path: "/Groups/" + Guid.CreateVersion7(), body: $$"""{"members":[{"value":"x","display":"{{Word}} Müller"}]}""");
        var other = Entry(directory, path: "/Users", body: """{"userName":"other@acme.com","displayName":"Other"}""");
        await identity.RequestLog.AppendRequestsAsync(new() { Requests = { before, refused, sought, shown, other } });

        await identity.Users.EraseUserAsync(new() { DirectoryId = directory.Id, Id = user.Id });

        await Eventually.Get(() => DatabaseSearch.FindAsync(identity.ConnectionString, Word), found => found.Count == 0, what: "no word of the person is left");
        var log = (await ListAsync(directory)).ToDictionary(entry => entry.Id);
        Assert.Equal(5, log.Count);
        Assert.Equal(other, log[other.Id]);
        Assert.Equal(("POST", "/Users", 409, true, null), (log[refused.Id].Method, log[refused.Id].Path, log[refused.Id].Status, log[refused.Id].Erased, log[refused.Id].RequestBody));
        Assert.Equal("/Users/" + user.Id, log[before.Id].Path);

        // What was under way meanwhile comes behind it.
        await identity.RequestLog.AppendRequestsAsync(new() { Requests = { Entry(directory, TimeSpan.FromSeconds(1), "/Users", $$"""{"userName":"{{Word}}"}""") } });
        Assert.Empty(await DatabaseSearch.FindAsync(identity.ConnectionString, Word));
        Assert.Equal(6, await CountAsync(directory));
    }

    [Fact]
    public async Task What_was_logged_of_a_user_who_was_deleted_before_goes_too()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "gugelhupf@acme.com");
        await identity.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = user.Id });
        var created = Entry(directory, path: "/Users", body: """{"userName":"gugelhupf@acme.com"}""", status: 201);
        created.ResponseBody = new() { Text = $$"""{"id":"{{user.Id}}","userName":"gugelhupf@acme.com"}""", Size = 1 };
        var refused = Entry(directory, path: "/Users", body: """{"userName":"gugelhupf@acme.com"}""", status: 409);
        await identity.RequestLog.AppendRequestsAsync(new() { Requests = { created, refused } });

        await identity.Users.EraseUserAsync(new() { DirectoryId = directory.Id, Id = user.Id });

        await Eventually.True(async () => (await ListAsync(directory)).All(entry => entry.Erased), what: "both are without words");
    }

    [Fact]
    public async Task The_log_of_a_deleted_directory_goes_with_it()
    {
        var directory = await identity.CreateDirectoryAsync();
        await identity.RequestLog.AppendRequestsAsync(new() { Requests = { Entry(directory) } });

        await identity.Directories.DeleteDirectoryAsync(new() { Id = directory.Id });
        await identity.GoneAsync(directory);
        await identity.RequestLog.AppendRequestsAsync(new() { Requests = { Entry(directory) } });

        Assert.Equal(0, await CountAsync(directory));
    }

    private static ScimRequest Entry(Directory directory, TimeSpan ago = default, string path = "/Users", string? body = null, int status = 200)
    {
        var time = DateTimeOffset.UtcNow - ago;
        return new()
        {
            Id = Guid.CreateVersion7(time).ToString(), DirectoryId = directory.Id, CreateTime = time.ToTimestamp(), Method = body is null ? "GET" : "POST",
            Path = path, Status = status, RequestBody = body is null ? null : new() { Text = body, Size = body.Length },
        };
    }

    private async Task<IReadOnlyList<ScimRequest>> ListAsync(Directory directory) =>
        (await identity.RequestLog.ListRequestsAsync(new() { DirectoryId = directory.Id, PageSize = 100 })).Requests;

    private Task<long> CountAsync(Directory directory) =>
        identity.Database.Sql($"select count(*) from scim_requests where directory_id = {directory.Id}").SingleAsync(row => row.GetInt64(0), CancellationToken.None);
}

using System.Globalization;
using System.Text.Json.Nodes;
using DirectorySync.Kit;

namespace DirectorySync.Gateway.Tests.Running;

/// <summary>Reads that share a call to a service: each gets its own answer, and none another's.</summary>
[Collection(RunningGateway.Name)]
public sealed class ParallelReadTests(RunningGateway gateway)
{
    [Fact]
    public async Task Users_asked_at_once_are_each_answered_with_their_own_groups_and_those_of_other_directories_with_404()
    {
        var (ours, theirs) = (await gateway.Stack.CreateDirectoryAsync("Ours"), await gateway.Stack.CreateDirectoryAsync("Theirs"));
        using var our = ours.Client();
        using var their = theirs.Client();
        var (ourIds, theirIds) = (await CreateAsync(our), await CreateAsync(their));
        string[] unknown = ["01a20000-0000-7000-8000-000000000000", "x"];

        var asked = Enumerable.Repeat(
            new[] { Asks(our, ourIds, 200), Asks(their, theirIds, 200), Asks(their, ourIds, 404), Asks(our, unknown, 404) }.SelectMany(asks => asks), 8)
            .SelectMany(asks => asks);
        var answers = await Task.WhenAll(asked.Select(async ask => (ask, Answer: await ask.Scim.GetAsync($"Users/{ask.Id}"))));

        foreach (var (ask, answer) in answers)
        {
            Assert.Equal(ask.Code, answer.Code);
            if (ask.Code == 200)
            {
                Assert.Equal(ask.Id, answer.Id);
                var group = Assert.Single(answer.Body!["groups"]!.AsArray());
                Assert.Equal($"Only {(string?)answer.Body["userName"]}", (string?)group!["display"]);
            }
        }
    }

    [Fact]
    public async Task Names_asked_at_once_are_each_answered_with_the_user_of_this_name_in_this_directory()
    {
        var (ours, theirs) = (await gateway.Stack.CreateDirectoryAsync("Ours"), await gateway.Stack.CreateDirectoryAsync("Theirs"));
        using var our = ours.Client();
        using var their = theirs.Client();
        var (ourIds, theirIds) = (await CreateAsync(our), await CreateAsync(their));
        await our.CreateUserAsync("only.ours@example.com");

        var asked = Enumerable.Range(0, 100).Select(i => (i % 4) switch
        {
            0 => (Scim: our, Name: $"USER{i % 5}@example.com", Id: (string?)ourIds[i % 5]),
            1 => (Scim: their, Name: $"user{i % 5}@Example.com", Id: theirIds[i % 5]),
            2 => (Scim: their, Name: "only.ours@example.com", Id: null),
            _ => (Scim: our, Name: $"nobody{i % 3}@example.com", Id: null),
        });
        var answers = await Task.WhenAll(asked.Select(async ask => (
            ask.Id, Answer: await ask.Scim.GetAsync($"Users?filter={Uri.EscapeDataString($"userName eq \"{ask.Name}\"")}&startIndex=1&count=100"))));

        foreach (var (id, answer) in answers)
        {
            Assert.Equal(200, answer.Code);
            Assert.Equal(id is null ? 0 : 1, (int)answer.Body!["totalResults"]!);
            Assert.Equal(id, answer.Body["Resources"] is JsonArray { Count: 1 } found ? (string?)found[0]!["id"] : null);
        }
    }

    // A shared read begins after it was asked.
    [Fact]
    public async Task Who_reads_after_a_write_sees_it_however_many_others_read()
    {
        var directory = await gateway.Stack.CreateDirectoryAsync("Busy");
        (await gateway.SendAsync("PATCH", $"/directories/{directory.Id}", """{"policies": {"rate_limit": 100000}}""")).Expect(200);
        using var scim = directory.Client();
        var ids = await CreateAsync(scim);
        using var done = new CancellationTokenSource();
        var others = Enumerable.Range(0, 6).Select(async i =>
        {
            while (!done.IsCancellationRequested)
            {
                Assert.Equal(200, (await scim.GetAsync($"Users/{ids[i % ids.Length]}")).Code);
            }
        }).ToList();

        await Task.WhenAll(ids.Select(async id =>
        {
            for (var i = 0; i < 20; i++)
            {
                var title = i.ToString(CultureInfo.InvariantCulture);
                var written = await scim.PatchOperationsAsync($"Users/{id}", $$"""{"op":"replace","path":"title","value":"{{title}}"}""");
                Assert.Equal(200, written.Code);
                Assert.Equal(title, (string?)(await scim.GetAsync($"Users/{id}")).Body!["title"]);
            }
        }));
        await done.CancelAsync();
        await Task.WhenAll(others);
    }

    private static IEnumerable<(ScimClient Scim, string Id, int Code)> Asks(ScimClient scim, string[] ids, int code) =>
        ids.Select(id => (scim, id, code));

    private static async Task<string[]> CreateAsync(ScimClient scim)
    {
        var users = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => scim.CreateUserAsync($"user{i}@example.com")));
        foreach (var user in users)
        {
            Assert.Equal(201, (await scim.CreateGroupAsync($"Only {(string?)user.Body!["userName"]}", user.Id)).Code);
        }

        return [.. users.Select(user => user.Id)];
    }
}

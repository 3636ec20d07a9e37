using System.Net.Http.Json;
using System.Text.Json.Nodes;
using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests.Chaos;

/// <summary>Holds what the application made of its events against the REST API, the log of events, SCIM and the identity providers.</summary>
internal sealed class ChaosComparison(HttpClient rest, ChaosApplication application, TimeSpan patience)
{
    public async Task CompareAsync(ChaosWriter writer)
    {
        var folded = application.Of(writer.Directory.Id);
        await EqualAsync("the application", writer, writer.Model.Application, () => Task.FromResult(folded.Lines));
        await EqualAsync("SCIM", writer, writer.Model.Scim, () => ReadScimAsync(writer.Directory.Scim()));
        await EqualAsync("the REST API", writer, folded.Whole, () => ReadRestAsync(writer.Directory.Id));
        Assert.True(folded.Faults.Count == 0, $"Directory {writer.Directory.Id}: {string.Join("; ", folded.Faults.Take(10))}.");
    }

    /// <summary>What was told is what was received, in the same order.</summary>
    public async Task CompareLogAsync(IReadOnlyList<string> directoryIds)
    {
        var log = (await ReadAsync("/events?")).ToLookup(told => (string)told["directory_id"]!, told => (string)told["id"]!);
        Assert.All(directoryIds, id => Assert.Equal(log[id], application.Of(id).Ids));
    }

    private async Task EqualAsync(string what, ChaosWriter writer, IReadOnlyList<string> expected, Func<Task<IReadOnlyList<string>>> read)
    {
        IReadOnlyList<string> seen = [];
        try
        {
            await Eventually.True(async () => expected.Order().SequenceEqual((seen = await read()).Order()), patience);
        }
        catch (TimeoutException)
        {
            var faults = application.Of(writer.Directory.Id).Faults;
            Assert.Fail($"""
                Directory {writer.Directory.Id}: {what} is not what it should be.
                Missing: {string.Join("; ", expected.Except(seen).Take(10))}.
                Not expected: {string.Join("; ", seen.Except(expected).Take(10))}.
                Faults: {string.Join("; ", faults.Take(10))}.
                """);
        }
    }

    private static async Task<IReadOnlyList<string>> ReadScimAsync(DirectoryClient scim)
    {
        var lines = (await ListAsync(scim, "Users")).ConvertAll(user =>
            $"{user["id"]} {user["userName"]} {user["emails"]![0]!["value"]} {user["title"]} {(bool)user["active"]!}");
        foreach (var group in await ListAsync(scim, "Groups"))
        {
            var read = (await scim.GetAsync("/Groups/" + group["id"])).Expect(200);
            lines.Add($"{read.Id} {read.Body["displayName"]}: {string.Join(' ', read.Members.Order())}");
        }

        return lines;
    }

    private static async Task<List<JsonNode>> ListAsync(DirectoryClient scim, string type)
    {
        var all = new List<JsonNode>();
        while (true)
        {
            var page = (await scim.GetAsync($"/{type}?startIndex={all.Count + 1}&count=100")).Expect(200);
            var resources = page.Body["Resources"]?.AsArray() ?? [];
            all.AddRange(resources.Select(resource => resource!));
            if (resources.Count == 0 || all.Count >= page.TotalResults)
            {
                return all;
            }
        }
    }

    private async Task<IReadOnlyList<string>> ReadRestAsync(string directoryId)
    {
        var (users, groups) = (await ReadAsync($"/directory_users?directory={directoryId}&"), await ReadAsync($"/directory_groups?directory={directoryId}&"));
        var edges = users.SelectMany(user => user["groups"]!.AsArray().Select(group => $"{group!["id"]}/{user["id"]}")).ToList();
        users.ForEach(user => user.Remove("groups"));
        return [.. users.Concat(groups).Select(FoldedDirectory.Canonical), .. edges];
    }

    private async Task<List<JsonObject>> ReadAsync(string path)
    {
        var all = new List<JsonObject>();
        for (var after = ""; ;)
        {
            var page = (await rest.GetFromJsonAsync<JsonObject>($"{path}limit=100&order=asc{after}"))!;
            all.AddRange(page["data"]!.AsArray().Select(one => one!.AsObject()));
            if ((string?)page["list_metadata"]!["after"] is not { } next)
            {
                return all;
            }

            after = $"&after={next}";
        }
    }
}

using System.Text.Json.Nodes;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>What a client knows of a user after its requests were answered, or were not.</summary>
internal sealed class WrittenUser(string name)
{
    public string UserName => name + "@example.com";

    /// <summary>Null: no answer told whether the user exists.</summary>
    public string? Id { get; set; }

    /// <summary>The change that was answered last, and those after it that were not answered.</summary>
    public List<int> PossibleTitles { get; set; } = [0];

    public Knowledge Deleted { get; set; }

    public Knowledge InSharedGroup { get; set; }

    public string Email(int title) => $"{name}.{title}@example.com";
}

/// <summary>What is known of a change.</summary>
internal enum Knowledge
{
    /// <summary>It was not asked for.</summary>
    No,

    /// <summary>It was asked for, and no answer came: done or not done, but not half.</summary>
    Perhaps,

    /// <summary>It was answered with success.</summary>
    Yes,
}

/// <summary>
/// Creates, changes, groups and deletes users, one request after the other, and keeps account of what was answered. A group of its own holds
/// one user at any time: each next one replaces the one before in a single PATCH.
/// </summary>
internal sealed class HardWriter(DirectoryClient scim, int number, string sharedGroup)
{
    private volatile int answered;

    public List<WrittenUser> Users { get; } = [];

    public List<(string Group, List<string> PossibleMembers)> OwnGroups { get; } = [];

    /// <summary>Answers that nobody should ever get.</summary>
    public List<string> Surprises { get; } = [];

    public int Answered => answered;

    public async Task RunAsync(CancellationToken ct)
    {
        WrittenUser? before = null;
        for (var n = 0; !ct.IsCancellationRequested; n++)
        {
            var user = new WrittenUser($"w{number}.u{n}");
            Users.Add(user);
            if (!await WriteAsync(user) || !await HoldAsync(user))
            {
                before = null;
                continue;
            }

            if (before is not null && n % 3 == 0)
            {
                before.Deleted = Knowledge.Perhaps;

                // A repeated deletion finds nobody.
                before.Deleted = await SendAsync(scim.DeleteAsync("/Users/" + before.Id), 204, 404) is null ? Knowledge.Perhaps : Knowledge.Yes;
            }

            before = user;
        }
    }

    private async Task<bool> WriteAsync(WrittenUser user)
    {
        user.Id = (await SendAsync(scim.PostAsync("/Users", ScimBodies.User(user.UserName, user.Email(0), title: "0")), 201))?.Id;
        if (user.Id is null)
        {
            return false;
        }

        for (var title = 1; title <= 2; title++)
        {
            user.PossibleTitles.Add(title);
            var change = ScimBodies.Replace(new()
            {
                ["title"] = $"{title}",
                ["emails"] = new JsonArray(new JsonObject { ["value"] = user.Email(title), ["type"] = "work", ["primary"] = true }),
            });
            if (await SendAsync(scim.PatchAsync("/Users/" + user.Id, change), 200, 204) is null)
            {
                return false;
            }

            user.PossibleTitles = [title];
        }

        user.InSharedGroup = Knowledge.Perhaps;
        if (await SendAsync(scim.PatchAsync("/Groups/" + sharedGroup, ScimBodies.Add(user.Id)), 200, 204) is null)
        {
            return false;
        }

        user.InSharedGroup = Knowledge.Yes;
        return true;
    }

    private async Task<bool> HoldAsync(WrittenUser user)
    {
        if (OwnGroups is not [.., (var group, [var holder])])
        {
            var created = await SendAsync(scim.PostAsync("/Groups", ScimBodies.Group("Own of " + user.UserName, user.Id!)), 201);
            if (created is not null)
            {
                OwnGroups.Add((created.Id, [user.Id!]));
            }

            return created is not null;
        }

        OwnGroups[^1] = (group, [holder, user.Id!]);
        if (await SendAsync(scim.PatchAsync("/Groups/" + group, ScimBodies.Remove(holder), ScimBodies.Add(user.Id!)), 200, 204) is null)
        {
            return false;
        }

        OwnGroups[^1] = (group, [user.Id!]);
        return true;
    }

    /// <summary>Null if nobody knows what came of the request.</summary>
    private async Task<GatewayAnswer?> SendAsync(Task<GatewayAnswer> request, params int[] successes)
    {
        var answer = await request;
        if (successes.Contains(answer.Status))
        {
            Interlocked.Increment(ref answered);
            return answer;
        }

        if (answer.Status != 429)
        {
            Surprises.Add($"{answer.Status}: {answer.Text}");
        }

        return null;
    }
}

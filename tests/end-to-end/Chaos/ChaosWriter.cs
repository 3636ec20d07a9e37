using System.Text.Json.Nodes;

namespace DirectorySync.EndToEnd.Tests.Chaos;

/// <summary>
/// The identity provider of one directory: one request after the other, chosen by the seed, each repeated until it is answered, as Okta
/// repeats them.
/// </summary>
internal sealed class ChaosWriter(TestDirectory directory, ChaosModel model, int seed, int gateways)
{
    private static readonly TimeSpan ComeAgain = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(300);

    private readonly Random random = new(seed);
    private int number;
    private volatile int answered;

    public int Answered => answered;

    public TestDirectory Directory => directory;

    public ChaosModel Model => model;

    private DirectoryClient Scim => directory.Scim(random.Next(gateways));

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await StepAsync();
            await Task.Delay(random.NextDouble() * LongestPause, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>A user who comes last, in a group that comes last: when applications know both, all has been told.</summary>
    public async Task EndAsync() => await CreateGroupAsync("The last", [await CreateUserAsync("the-last")]);

    public async Task<string> CreateGroupAsync(string name, params string[] members)
    {
        var answer = await SendAsync(() => Scim.PostAsync("/Groups", ScimBodies.Group(name, members)), 201, 409);
        var id = answer.Status == 201 ? answer.Id : await FindAsync("Groups", "displayName", name);
        model.Groups[id] = new() { Name = name };
        model.Groups[id].Members.UnionWith(members);
        return id;
    }

    private Task StepAsync() => (random.Next(100), Any(model.Users.Keys), Any(model.Groups.Keys)) switch
    {
        ( < 30, _, _) or (_, null, _) => CreateUserAsync($"user{++number}"),
        ( < 34, var user, _) => CreateGroupAsync($"Group {++number}", user),
        ( < 50, var user, _) => ChangeAsync(user),
        ( < 70, var user, _) => SwitchAsync(user),
        ( < 84, var user, { } group) => AddAsync(group, user),
        ( < 90, _, { } group) => RemoveAsync(group),
        ( < 92, _, { } group) => RenameAsync(group),
        ( < 94, _, { } group) when group != model.Operators => DeleteGroupAsync(group),
        (_, var user, _) => DeleteUserAsync(user),
    };

    private async Task<string> CreateUserAsync(string name)
    {
        var user = new ChaosUser($"{name}@example.com") { Title = random.Next(3) == 0 ? ChaosModel.Manager : $"Title {number}" };
        var answer = await SendAsync(() => Scim.PostAsync("/Users", ScimBodies.User(user.UserName, title: user.Title)), 201, 409);
        var id = answer.Status == 201 ? answer.Id : await FindAsync("Users", "userName", user.UserName);
        model.Users[id] = user;
        return id;
    }

    private async Task ChangeAsync(string id)
    {
        var user = model.Users[id];
        var (title, email) = (random.Next(3) == 0 ? ChaosModel.Manager : $"Title {++number}", $"mail{++number}@example.com");
        var change = ScimBodies.Replace(new()
        {
            ["title"] = title,
            ["emails"] = new JsonArray(new JsonObject { ["value"] = email, ["type"] = "work", ["primary"] = true }),
        });
        await SendAsync(() => Scim.PatchAsync("/Users/" + id, change), 200, 204);
        (user.Title, user.Email) = (title, email);
    }

    private async Task SwitchAsync(string id)
    {
        var active = !model.Users[id].Active;
        await SendAsync(() => Scim.PatchAsync("/Users/" + id, ScimBodies.Active(active)), 200, 204);
        model.Users[id].Active = active;
    }

    private async Task AddAsync(string group, string user)
    {
        await SendAsync(() => Scim.PatchAsync("/Groups/" + group, ScimBodies.Add(user)), 200, 204);
        model.Groups[group].Members.Add(user);
    }

    private async Task RemoveAsync(string group)
    {
        if (Any(model.Groups[group].Members) is { } member)
        {
            await SendAsync(() => Scim.PatchAsync("/Groups/" + group, ScimBodies.Remove(member)), 200, 204);
            model.Groups[group].Members.Remove(member);
        }
    }

    private async Task RenameAsync(string group)
    {
        var name = $"Group {++number}";
        await SendAsync(() => Scim.PatchAsync("/Groups/" + group, ScimBodies.Replace(new() { ["id"] = group, ["displayName"] = name })), 200, 204);
        model.Groups[group].Name = name;
    }

    private async Task DeleteGroupAsync(string group)
    {
        // A repeated deletion finds nothing.
        await SendAsync(() => Scim.DeleteAsync("/Groups/" + group), 204, 404);
        model.Groups.Remove(group);
    }

    private async Task DeleteUserAsync(string user)
    {
        await SendAsync(() => Scim.DeleteAsync("/Users/" + user), 204, 404);
        model.Users.Remove(user);
        foreach (var group in model.Groups.Values)
        {
            group.Members.Remove(user);
        }
    }

    // It was created by a request whose answer did not come.
    private async Task<string> FindAsync(string type, string attribute, string value) => Assert.Single(
        (await SendAsync(() => Scim.FilterAsync(type, $"{attribute} eq \"{value}\""), 200)).Ids);

    private async Task<GatewayAnswer> SendAsync(Func<Task<GatewayAnswer>> request, params int[] definite)
    {
        while (true)
        {
            try
            {
                var answer = await request();
                if (answer.Status != 429)
                {
                    Interlocked.Increment(ref answered);
                    Assert.True(
                        definite.Contains(answer.Status), $"Request {answer.Header("X-Request-Id")} of directory {directory.Id} was answered {answer.Status}: {answer.Text}");
                    return answer;
                }
            }
            catch (HttpRequestException)
            {
                // The gateway is away; whether it passed the request on before, nobody knows.
            }

            await Task.Delay(ComeAgain);
        }
    }

    private string? Any(IReadOnlyCollection<string> of) => of.Count == 0 ? null : of.ElementAt(random.Next(of.Count));
}

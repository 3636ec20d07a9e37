using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using DirectorySync.Kit;
using DirectorySync.Local;

namespace DirectorySync.DeployK8s.Tests.Containers;

/// <summary>A directory without a limit of its rate in the running system, and the application that is told of it.</summary>
internal sealed partial class Customer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly TrySystem system;
    private readonly Receiver application;
    private readonly NewDirectory directory;

    private Customer(TrySystem system, Receiver application, NewDirectory directory)
    {
        this.system = system;
        this.application = application;
        this.directory = directory;
    }

    /// <summary>With the first API key, which identity's command creates.</summary>
    public static async Task<Customer> ComeAsync(TrySystem system, string? version = null)
    {
        var key = ApiKey().Match(await system.RunOnceAsync("identity", version, "create-api-key", "--name", "first", "--scopes", "read,write,admin")).Value;
        var application = await Receiver.StartAsync(system.Host);
        using var rest = new RestClient(system.GatewayUrl(0), key);
        var directory = await rest.CreateDirectoryAsync("Organization", "Okta");
        await rest.PostAsync("webhook_endpoints", new() { ["endpoint_url"] = application.Url, ["events"] = new JsonArray() });
        using var http = new HttpClient { DefaultRequestHeaders = { Authorization = new("Bearer", key) } };
        using var limit = await http.PatchAsJsonAsync($"{system.GatewayUrl(0)}/directories/{directory.Id}", new JsonObject
        {
            ["policies"] = new JsonObject { ["rate_limit"] = 100_000, ["rate_limit_burst"] = 100_000 },
        });
        limit.EnsureSuccessStatusCode();
        return new(system, application, directory);
    }

    public ScimClient Client(int gateway) => new(system.GatewayUrl(gateway) + new Uri(directory.ScimBaseUrl).AbsolutePath, directory.Token);

    /// <summary>A user and a group come in by SCIM and leave by webhooks.</summary>
    public async Task ProvisionAsync(int gateway, Checks check)
    {
        using var scim = Client(gateway);
        var user = await scim.CreateUserAsync("first@example.com");
        check.That($"a user is created by SCIM through the gateway: {user.Code}", user.Code == 201);
        var group = await scim.CreateGroupAsync("First", user.Id);
        check.That($"a group with the user is created: {group.Code}", group.Code == 201);
        await Eventually.True(() => Told("dsync.group.user_added").Contains(user.Id), Patience, "the membership is told by a webhook");
        check.That("user, group and membership are told by webhooks",
            Told("dsync.user.created").Contains(user.Id) && Told("dsync.group.created").Contains(group.Id));
    }

    /// <summary>Nobody was refused, and the application is told of every user.</summary>
    public async Task CheckAllAsync(Writers writers, Checks check)
    {
        await writers.StopAsync();
        foreach (var refusal in writers.Refused.Take(10))
        {
            Console.WriteLine($"  {refusal}");
        }

        check.That($"of {writers.Answers} requests none was refused", writers.Refused.Count == 0 && writers.Answers > 0);
        var missing = writers.Created.ToHashSet();
        await Eventually.True(
            () =>
            {
                missing.ExceptWith(Told("dsync.user.created"));
                return missing.Count == 0;
            },
            Patience,
            "every user is told by a webhook");
        check.That($"{writers.Created.Count} users were created, and the application was told of each", writers.Created.Count > 0);
    }

    public ValueTask DisposeAsync() => application.DisposeAsync();

    // Ids of the users or groups that were told of.
    private IEnumerable<string> Told(string type) => application.Accepted
        .Select(webhook => webhook.Json).Where(json => json.GetProperty("event").GetString() == type)
        .Select(json => json.GetProperty("data")).Select(data => (data.TryGetProperty("user", out var user) ? user : data).GetProperty("id").GetString()!);

    [GeneratedRegex(@"\bsk_\S+")]
    private static partial Regex ApiKey();
}

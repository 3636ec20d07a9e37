using System.Diagnostics;
using System.Text.Json.Nodes;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Redis, PostgreSQL and services stop in the middle, and come back.</summary>
public sealed class AwayTests(AwayTests.Impatient system) : IClassFixture<AwayTests.Impatient>
{
    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Without_Redis_requests_go_on_and_read_what_was_written()
    {
        var directory = await system.CreateDirectoryAsync();
        using var end = new CancellationTokenSource();
        var editors = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Editor.StartAsync(directory, n)));
        var work = editors.Select(editor => editor.RunAsync(end.Token)).ToArray();
        try
        {
            await Task.WhenAll(editors.Select(editor => editor.WriteCorrectlyAsync(30)));
            Array.ForEach(editors, editor => editor.ForgetWarmUp());
            await system.Stack.StopRedisAsync();
            await Task.WhenAll(editors.Select(editor => editor.WriteCorrectlyAsync(60)));
            Assert.All(editors, editor => Assert.Equal(0, editor.Stale));

            // What a replica wrote while it alone had no Redis may be read old for as long as entries live: ten seconds.
            await system.Stack.StartRedisAsync();
            await Task.WhenAll(editors.Select(editor => editor.WriteCorrectlyAsync(100)));
            await system.Stack.KillRedisAsync();
            await Task.WhenAll(editors.Select(editor => editor.WriteCorrectlyAsync(30)));
        }
        finally
        {
            await system.Stack.StartRedisAsync();
            await end.CancelAsync();
            await Task.WhenAll(work);
        }

        Assert.All(editors, editor => Assert.True(editor.Slowest < TimeSpan.FromSeconds(5), $"A request took {editor.Slowest}."));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_PostgreSQL_everybody_is_told_in_its_own_way_to_come_again_and_then_served(bool crash)
    {
        var (okta, generic) = (await system.CreateDirectoryAsync(), await system.CreateDirectoryAsync(Provider.Generic));
        var (user, other) = (await okta.Scim().CreateUserAsync("kept@example.com"), await generic.Scim().CreateUserAsync("kept@example.com"));
        var group = await okta.Scim().CreateGroupAsync("Kept", user);

        await (crash ? system.Stack.CrashPostgresAsync() : system.Stack.StopPostgresAsync());
        try
        {
            var answers = await AskAsync(okta, user, group);
            AssertToldToComeAgain(429, answers);
            AssertToldToComeAgain(503, await AskAsync(generic, other, group));
            await Eventually.True(() => answers.Any(answer => AreJoined(answer.Header("X-Request-Id")!)), what: "the gateway's and identity's logs have the answer's id");
        }
        finally
        {
            await system.Stack.StartPostgresAsync();
        }

        await AssertServedAgainAsync(okta, user, group);
        await AssertServedAgainAsync(generic, other, null);
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("group-membership")]
    public async Task Without_a_service_everybody_is_told_in_its_own_way_to_come_again_and_then_served(string service)
    {
        var (okta, generic) = (await system.CreateDirectoryAsync(), await system.CreateDirectoryAsync(Provider.Generic));
        var (user, other) = (await okta.Scim().CreateUserAsync("kept@example.com"), await generic.Scim().CreateUserAsync("kept@example.com"));
        var group = await okta.Scim().CreateGroupAsync("Kept", user);

        await system.Stack.KillAsync(service);
        try
        {
            // A token that was accepted is remembered for up to a second.
            await Task.WhenAll(new[] { okta, generic }.Select(directory => Eventually.True(
                async () => !(await directory.Scim().GetAsync(service == "identity" ? "/Users/" + user : "/Groups")).Succeeded)));

            // Users can be served without group-membership; what is refused is refused in the right way.
            bool Matters(GatewayAnswer answer) => service == "identity" || !answer.Succeeded;
            AssertToldToComeAgain(429, [.. (await AskAsync(okta, user, group)).Where(Matters)]);
            AssertToldToComeAgain(503, [.. (await AskAsync(generic, other, group)).Where(Matters)]);
            (await okta.Scim(1).GetAsync("/Users/" + user)).Expect(200);
            (await okta.Scim(1).GetAsync("/Groups/" + group)).Expect(200);
        }
        finally
        {
            await system.Stack.StartAgainAsync(service);
        }

        await AssertServedAgainAsync(okta, user, group);
        await AssertServedAgainAsync(generic, other, null);
    }

    private static async Task<GatewayAnswer[]> AskAsync(TestDirectory directory, string user, string group) => await Task.WhenAll(
        directory.Scim().GetAsync("/Groups/" + group), directory.Scim().GetAsync("/Groups"),
        directory.Scim().PostAsync("/Groups", ScimBodies.Group("New")), directory.Scim().PatchAsync("/Groups/" + group, ScimBodies.Add(user)),
        directory.Scim().DeleteAsync("/Groups/" + group),
        directory.Scim().GetAsync("/Users/" + user), directory.Scim().PatchAsync("/Users/" + user, ScimBodies.Replace(new() { ["title"] = "t" })));

    private static void AssertToldToComeAgain(int status, GatewayAnswer[] answers)
    {
        Assert.True(answers.Length >= 5);
        Assert.All(answers, answer => Assert.Equal("30", answer.ExpectError(status).Header("Retry-After")));
    }

    // Both say why under the id that was answered, and in the same trace, whichever replicas it were. What is asked by several at once has the id of one of them.
    private bool AreJoined(string requestId)
    {
        var (gateway, identity) = (TracesOf("gateway", requestId), TracesOf("identity", requestId));
        return gateway.Count > 0 && identity.Count > 0 && gateway.SetEquals(identity);
    }

    private HashSet<string> TracesOf(string process, string requestId) =>
    [
        .. Enumerable.Range(0, 2).SelectMany(replica => system.Stack.Log(process, replica).Split('\n'))
            .Where(line => line.EndsWith('}') && line.Contains($"\"{requestId}\"", StringComparison.Ordinal))
            .Select(line => JsonNode.Parse(line)!["Scopes"]!.AsArray().Select(scope => (string?)scope!["TraceId"]).First(trace => trace is not null)!),
    ];

    private static async Task AssertServedAgainAsync(TestDirectory directory, string user, string? group)
    {
        foreach (var gateway in new[] { 0, 1 })
        {
            await Eventually.Get(() => directory.Scim(gateway).GetAsync("/Users/" + user), answer => answer.Status == 200, Recovery);
        }

        await directory.Scim().CreateUserAsync("after@example.com");
        await Eventually.Get(() => directory.Scim().PostAsync("/Groups", ScimBodies.Group("After")), answer => answer.Status == 201, Recovery);
        if (group is not null)
        {
            Assert.Equal([user], (await directory.Scim(1).GetAsync("/Groups/" + group)).Expect(200).Members);
        }
    }

    /// <summary>A system whose gateways give up soon.</summary>
    public sealed class Impatient() : TestSystem(new()
    {
        NotStarted = StackOptions.Followers,
        Replicas = 2,
        Gateways = 2,
        Environment = new Dictionary<string, string> { ["Gateway__RetryWindow"] = "00:00:01.5" },
    });

    /// <summary>Changes a user through one gateway and reads it through the other, again and again.</summary>
    private sealed class Editor(TestDirectory directory, string user)
    {
        private volatile int correct;

        public int Stale { get; private set; }

        public TimeSpan Slowest { get; private set; }

        public static async Task<Editor> StartAsync(TestDirectory directory, int number) =>
            new(directory, await directory.Scim().CreateUserAsync($"edited{number}@example.com"));

        public async Task RunAsync(CancellationToken ct)
        {
            for (var n = 1; !ct.IsCancellationRequested; n++)
            {
                var started = Stopwatch.GetTimestamp();
                var patched = await directory.Scim(n % 2).PatchAsync("/Users/" + user, ScimBodies.Replace(new() { ["title"] = $"{n}" }));
                Assert.True(patched.Succeeded, $"{patched.Status}: {patched.Text}");
                var read = (await directory.Scim((n + 1) % 2).GetAsync("/Users/" + user)).Expect(200);
                Slowest = Slowest > Stopwatch.GetElapsedTime(started) ? Slowest : Stopwatch.GetElapsedTime(started);
                var isCorrect = (string?)read.Body["title"] == $"{n}";
                correct = isCorrect ? correct + 1 : 0;
                Stale += isCorrect ? 0 : 1;
            }
        }

        /// <summary>What was slow before is of no interest.</summary>
        public void ForgetWarmUp() => Slowest = TimeSpan.Zero;

        /// <summary>Returns after so many rounds in a row that read what they wrote.</summary>
        public Task WriteCorrectlyAsync(int rounds)
        {
            correct = 0;
            return Eventually.True(() => correct >= rounds, Recovery, $"{rounds} rounds in a row that read what they wrote");
        }
    }
}

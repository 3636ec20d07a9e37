namespace DirectorySync.EndToEnd.Tests;

/// <summary>Nothing of one directory can be read, written, counted or guessed from another.</summary>
[Collection(SharedSystem.Name)]
public sealed class TenancyTests(SharedSystem system) : IAsyncLifetime
{
    private readonly string nobody = Guid.CreateVersion7().ToString();
    private TestDirectory own = null!;
    private TestDirectory foreign = null!;
    private string foreignUser = null!;
    private string foreignGroup = null!;

    public async Task InitializeAsync()
    {
        own = await system.CreateDirectoryAsync();
        foreign = await system.CreateDirectoryAsync();
        foreignUser = await foreign.Scim().CreateUserAsync("hidden@example.com");
        foreignGroup = await foreign.Scim().CreateGroupAsync("Hidden", foreignUser);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public static TheoryData<string, string, string> Routes() => new()
    {
        { "GET", "Users", "" },
        { "PUT", "Users", ScimBodies.User("taken.over@example.com") },
        { "PATCH", "Users", ScimBodies.Patch(ScimBodies.Active(false)) },
        { "DELETE", "Users", "" },
        { "GET", "Groups", "" },
        { "PUT", "Groups", ScimBodies.Group("Taken over") },
        { "PATCH", "Groups", ScimBodies.Patch("""{"op":"replace","value":{"displayName":"Taken over"}}""") },
        { "PATCH", "Groups", ScimBodies.Patch("""{"op":"replace","path":"members","value":[]}""") },
        { "DELETE", "Groups", "" },
    };

    [Theory, MemberData(nameof(Routes))]
    public async Task A_resource_of_another_directory_is_answered_like_one_that_does_not_exist(string method, string type, string body)
    {
        var foreignId = type == "Users" ? foreignUser : foreignGroup;
        var before = await foreign.Scim().GetAsync($"/{type}/{foreignId}");

        var trespass = await SendAsync(own, $"/{type}/{foreignId}");
        var miss = await SendAsync(own, $"/{type}/{nobody}");

        trespass.ExpectError(404);
        Assert.Equal(miss.WithoutTheMoment.Replace(nobody, "{id}"), trespass.WithoutTheMoment.Replace(foreignId, "{id}"));
        Assert.Equal(before.Text, (await foreign.Scim().GetAsync($"/{type}/{foreignId}")).Expect(200).Text);

        Task<GatewayAnswer> SendAsync(TestDirectory directory, string path) =>
            directory.Scim().SendAsync(new HttpMethod(method), path, body.Length > 0 ? body : null);
    }

    [Fact]
    public async Task Lists_and_filters_see_and_count_their_own_directory_only()
    {
        var user = await own.Scim().CreateUserAsync("own@example.com");
        var group = await own.Scim().CreateGroupAsync("Own", user);

        Assert.Equal([user], (await own.Scim().GetAsync("/Users")).Expect(200).Ids);
        Assert.Equal([group], (await own.Scim().GetAsync("/Groups")).Expect(200).Ids);
        Assert.Equal(1, (await own.Scim().GetAsync("/Users?count=0")).Expect(200).TotalResults);
        string[] filters =
        [
            $"id eq \"{foreignUser}\"", "userName eq \"hidden@example.com\"", "userName sw \"hidden\"", "emails.value eq \"hidden@example.com\"",
            "emails[type eq \"work\" and value eq \"hidden@example.com\"]", $"groups.value eq \"{foreignGroup}\"",
        ];
        foreach (var filter in filters)
        {
            var answer = await own.Scim().FilterAsync("Users", filter);
            Assert.True(answer.Status == 400 || answer.TotalResults == 0, $"{filter}: {answer.Text}");
        }

        foreach (var filter in new[] { $"id eq \"{foreignGroup}\"", "displayName eq \"Hidden\"", $"members.value eq \"{foreignUser}\"" })
        {
            var answer = await own.Scim().FilterAsync("Groups", filter);
            Assert.True(answer.Status == 400 || answer.TotalResults == 0, $"{filter}: {answer.Text}");
        }
    }

    [Fact]
    public async Task A_user_of_another_directory_is_no_member_and_is_not_told_of_the_group()
    {
        var before = (await foreign.Scim().GetAsync("/Users/" + foreignUser)).Text;
        var trap = await own.Scim().CreateGroupAsync("Trap", foreignUser, foreignGroup);
        (await own.Scim().PatchAsync("/Groups/" + trap, ScimBodies.Add(foreignUser, nobody))).Expect(200);

        Assert.Empty((await own.Scim().GetAsync("/Groups/" + trap)).Expect(200).Members);
        Assert.Equal(before, (await foreign.Scim().GetAsync("/Users/" + foreignUser)).Expect(200).Text);
    }

    [Fact]
    public async Task A_name_may_be_used_in_every_directory()
    {
        await own.Scim().CreateUserAsync("hidden@example.com");
        await own.Scim().CreateGroupAsync("Hidden");
    }

    [Fact]
    public async Task An_unknown_endpoint_another_directorys_endpoint_and_a_wrong_token_are_answered_alike()
    {
        var unknown = foreign.EndpointKey[..^3] + "zzz";
        DirectoryClient[] intruders =
        [
            foreign.Scim("wrong" + foreign.Token[5..]), new(foreign.Scim().BaseUrl.Replace(foreign.EndpointKey, unknown), own.Token),
            foreign.Scim(own.Token), foreign.Scim(foreign.Token.ToUpperInvariant()),
        ];

        foreach (var path in new[] { "/Users", $"/Users/{foreignUser}", "/Groups", "/Nothing", "/ServiceProviderConfig" })
        {
            var answers = await Task.WhenAll(intruders.Select(intruder => intruder.GetAsync(path)));
            Assert.All(answers, answer => answer.ExpectError(401));
            Assert.Single(answers.Select(answer => answer.WithoutTheMoment.Replace(unknown, foreign.EndpointKey)).Distinct());
        }
    }
}

using DirectorySync.Identity.V1;
using static DirectorySync.AttributeMapping.Tests.Engine.Users;

namespace DirectorySync.AttributeMapping.Tests;

/// <summary>What arrived, and why something did not.</summary>
public sealed class InventoryTests(MappingService service) : IClassFixture<MappingService>
{
    private const string Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    [Fact]
    public async Task The_inventory_counts_exactly_what_users_have_now()
    {
        var directory = await service.NewDirectoryAsync();
        var ada = await service.CreateAsync(directory, """
            {"userName":"ada@acme.com","title":"Countess","api_key":"abc","emails":[{"value":"a@x.com","type":"work","primary":true}]}
            """);
        var bob = await service.CreateAsync(directory, """{"userName":"bob@acme.com","title":"Builder"}""");
        await service.ProfileOfAsync(ada);
        await service.ProfileOfAsync(bob);

        var entries = await service.InventoryAsync(directory);

        Assert.Equal((2, 1, 1), (entries["title"].UserCount, entries["emails[type eq \"work\"].value"].UserCount, entries["api_key"].UserCount));
        Assert.Equal(1, entries["emails[primary eq true].value"].UserCount);
        Assert.Equal(["Builder", "Countess"], entries["title"].Samples.Order());
        Assert.DoesNotContain("abc", entries["api_key"].Samples);
        Assert.Equal(["email"], entries["emails[type eq \"work\"].value"].Attributes);
        Assert.False(entries.ContainsKey("name.formatted"));
        Assert.NotNull(entries["title"].LastSeenTime);

        await service.ProfileOfAsync(await service.ReplaceAsync(ada, """{"userName":"ada@acme.com"}"""));
        await service.DeleteAsync(bob);
        await Eventually.True(async () => await service.FindAsync(directory, bob.Id) is null);

        entries = await service.InventoryAsync(directory);
        Assert.Equal((0, 0, 1), (entries["title"].UserCount, entries["emails.value"].UserCount, entries["userName"].UserCount));
        Assert.Empty(entries["title"].Samples);
    }

    [Fact]
    public async Task Diagnosis_says_why_an_attribute_does_not_sync_and_what_to_do()
    {
        var (used, never, elsewhere, variable, either, typed) = (await NewAsync(), await NewAsync(), await NewAsync(), await NewAsync(),
            await NewAsync(), (await service.DefineAsync($"attribute_{Guid.NewGuid():n}", DefinitionType.Number)).Name);
        var directory = await service.NewDirectoryAsync();
        var ada = await service.CreateAsync(directory, $$"""
            {"userName":"ada@acme.com","Level":"high","{{Enterprise}}":{"floor":"3"},"start_date":"2026-01-01","tag_ok":"1",
             "urn:acme:1.0:User":{"tag_Stray":"x"} }
            """);
        await service.SetAsync(directory, Rule(used, "level"), Rule(never, "badge"), Rule(elsewhere, "floor"), Rule(variable, "startDate"),
            Rule(typed, "Level"), new() { Attribute = either, Paths = { "startDate", "start_date", $"{Enterprise}:start_date" } });
        await service.ProfileOfAsync(ada);
        await service.RecomputedAsync(directory);

        var inUse = await service.DiagnoseAsync(directory, used);
        Assert.Equal([DiagnosisCode.InUse, DiagnosisCode.DiffersInCase], inUse.Select(d => d.Code));
        Assert.Equal(("high", ada.Id), (inUse[0].Examples[0].Value, inUse[0].Examples[0].UserId));
        var missing = Assert.Single(await service.DiagnoseAsync(directory, never));
        Assert.Equal(DiagnosisCode.NeverArrived, missing.Code);
        Assert.All(new[] { "Profile Editor", "Mappings", "External namespace", "Force Sync" }, word =>
            Assert.Contains(word, missing.Remedy, StringComparison.Ordinal));
        var other = Assert.Single(await service.DiagnoseAsync(directory, elsewhere));
        Assert.Equal((DiagnosisCode.OtherNamespace, $"{Enterprise}:floor"), (other.Code, other.ArrivingPath));
        var named = Assert.Single(await service.DiagnoseAsync(directory, variable));
        Assert.Equal((DiagnosisCode.VariableName, "start_date"), (named.Code, named.ArrivingPath));
        Assert.Equal(
            [DiagnosisCode.NotNeeded, DiagnosisCode.InUse, DiagnosisCode.NotNeeded],
            (await service.DiagnoseAsync(directory, either)).Select(d => d.Code));
        var invalid = (await service.DiagnoseAsync(directory, typed)).Single(d => d.Code == DiagnosisCode.ValuesInvalid);
        Assert.Equal((1, "high"), (invalid.UserCount, invalid.Examples[0].Value));
        Assert.Equal("urn:acme:1.0:User:tag_Stray", Assert.Single(await service.DiagnoseAsync(directory, "tags")).ArrivingPath);
    }

    [Fact]
    public async Task Any_filter_of_a_path_is_diagnosed_by_what_users_have()
    {
        var (both, okta, american, german, kind) = (await NewAsync(), await NewAsync(), await NewAsync(), await NewAsync(), await NewAsync());
        var directory = await service.NewDirectoryAsync();
        await service.SetAsync(directory,
            Rule(both, "emails[type eq \"work\" and primary eq true].value"), Rule(okta, "emails.^[type==work].value"),
            Rule(american, "addresses[country eq \"US\"].locality"), Rule(german, "addresses[country eq \"DE\"].locality"),
            Rule(kind, "emails[primary eq true].type"));
        var ada = await service.CreateAsync(directory, """
            {"userName":"ada@acme.com","emails":[{"value":"a@x.com","type":"work","primary":true},{"value":"b@x.com","type":"home"}],
             "addresses":[{"type":"work","country":"US","locality":"Boston"},{"type":"home","country":"FR","locality":"Paris"}]}
            """);
        var bob = await service.CreateAsync(directory, """{"userName":"bob@acme.com","emails":[{"value":"c@x.com","type":"work"}]}""");
        await service.ProfileOfAsync(ada);
        await service.ProfileOfAsync(bob);

        Assert.Equal([(DiagnosisCode.InUse, 1, "a@x.com")], await FoundAsync(both));
        Assert.Equal((DiagnosisCode.InUse, 2), (await FoundAsync(okta)).Select(f => (f.Code, f.Count)).Single());
        Assert.Equal([(DiagnosisCode.InUse, 1, "Boston")], await FoundAsync(american));
        Assert.Equal([(DiagnosisCode.InUse, 1, "work")], await FoundAsync(kind));
        var none = Assert.Single(await service.DiagnoseAsync(directory, german));
        Assert.Equal((DiagnosisCode.NeverArrived, "addresses.locality"), (none.Code, none.ArrivingPath));
        Assert.Contains("filter", none.Remedy, StringComparison.Ordinal);

        async Task<IEnumerable<(DiagnosisCode Code, long Count, string? Example)>> FoundAsync(string attribute) =>
            (await service.DiagnoseAsync(directory, attribute)).Select(d => (d.Code, d.UserCount, d.Examples.FirstOrDefault()?.Value));
    }

    [Theory]
    [InlineData(Provider.Okta, "Force Sync")]
    [InlineData(Provider.Entra, "Restart provisioning")]
    [InlineData(Provider.Generic, "identity provider")]
    public async Task A_diagnosis_is_in_the_words_of_the_identity_provider(Provider provider, string words)
    {
        var (never, elsewhere, variable, gone, filtered) = (await NewAsync(), await NewAsync(), await NewAsync(), await NewAsync(), await NewAsync());
        var required = (await service.DefineAsync($"attribute_{Guid.NewGuid():n}", required: true)).Name;
        var number = (await service.DefineAsync($"attribute_{Guid.NewGuid():n}", DefinitionType.Number)).Name;
        var directory = await service.NewDirectoryAsync(provider);
        const string Body = """{"userName":"ada@acme.com","level":"high","start_date":"2026-01-01","emails":[{"value":"a@x.com","type":"home"}]""";
        var ada = await service.CreateAsync(directory, Body + $$""", "left":"1", "urn:acme:1.0:User":{"floor":"3","tag_Team":"x"} }""");
        await service.SetAsync(directory, Rule(never, "badge"), Rule(elsewhere, "floor"), Rule(variable, "startDate"), Rule(gone, "left"),
            Rule(filtered, "emails[type eq \"other\"].value"), Rule(number, "level"));
        await service.ProfileOfAsync(await service.ReplaceAsync(ada, Body + """, "urn:acme:1.0:User":{"floor":"3","tag_Team":"x"} }"""));
        await service.RecomputedAsync(directory);

        foreach (var (attribute, code) in new[]
        {
            (never, DiagnosisCode.NeverArrived), (elsewhere, DiagnosisCode.OtherNamespace), (variable, DiagnosisCode.VariableName),
            (gone, DiagnosisCode.NoLongerArrives), (filtered, DiagnosisCode.NeverArrived), (required, DiagnosisCode.RequiredMissing),
            (number, DiagnosisCode.ValuesInvalid), ("tags", DiagnosisCode.OtherNamespace),
        })
        {
            var found = (await service.DiagnoseAsync(directory, attribute)).Single(d => d.Code == code);
            Assert.Contains(words, found.Remedy, StringComparison.Ordinal);
            Assert.Equal(provider == Provider.Okta, found.Remedy.Contains("Okta", StringComparison.Ordinal));
        }

        // Told in other words once the provider is another one.
        var other = provider == Provider.Entra ? Provider.Okta : Provider.Entra;
        await service.ChangeProviderAsync(directory, other);
        await Eventually.Get(
            async () => (await service.Profiles.ListProfileProblemsAsync(new() { DirectoryId = directory, Attribute = number })).Problems.Single(),
            problem => problem.Remedy.Contains($"{other}", StringComparison.Ordinal));
        Assert.Contains($"{other}", (await service.FindAsync(directory, ada.Id))!.Problems[0].Remedy, StringComparison.Ordinal);
    }

    private async Task<string> NewAsync() => (await service.DefineAsync($"attribute_{Guid.NewGuid():n}")).Name;
}

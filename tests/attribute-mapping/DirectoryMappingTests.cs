using DirectorySync.Chassis.Sql;
using DirectorySync.Errors.V1;
using static DirectorySync.AttributeMapping.Tests.Engine.Users;
using static DirectorySync.AttributeMapping.Tests.MappingService;

namespace DirectorySync.AttributeMapping.Tests;

/// <summary>Mappings are set, previewed, undone and followed by every profile.</summary>
public sealed class DirectoryMappingTests(MappingService service) : IClassFixture<MappingService>
{
    [Fact]
    public async Task What_comes_into_a_deleted_directory_after_it_was_emptied_goes_ten_minutes_later()
    {
        var directory = await service.NewDirectoryAsync();
        await service.ProfileOfAsync(await service.CreateAsync(directory, """{"userName":"ada@acme.com"}"""));
        await service.DeleteDirectoryAsync(directory);
        await Eventually.True(() => IsAsync($"closed and purge_time is not null and not purged_again"), what: "it is emptied");

        // What had begun before it was closed.
        await service.Database.Sql($"""
            insert into inventory (directory_id, namespace, name, user_count, sample_user_ids, first_seen_time, last_seen_time)
            values ({directory}, '', 'late', 1, array['ada'], now(), now())
            """).ExecuteAsync(CancellationToken.None);
        await service.Database.Sql($"update directory_mappings set purge_time = purge_time - interval '11 minutes' where directory_id = {directory}")
            .ExecuteAsync(CancellationToken.None);

        await Eventually.True(() => IsAsync($"purged_again"), what: "it is emptied again");
        Assert.True(await IsAsync($"not exists (select from inventory i where i.directory_id = d.directory_id)"));

        Task<bool> IsAsync(SqlText condition) => service.Database.Sql($"select {condition} from directory_mappings d where d.directory_id = {directory}")
            .SingleAsync(row => row.GetBoolean(0), CancellationToken.None);
    }

    [Fact]
    public async Task A_mapping_is_previewed_set_followed_and_undone()
    {
        var name = await NewAttributeAsync();
        var directory = await service.NewDirectoryAsync();
        var users = await Task.WhenAll(Enumerable.Range(0, 30).Select(i =>
            service.CreateAsync(directory, $$"""{"userName":"u{{i}}@acme.com","nickName":"{{(i < 25 ? "N" + i : "")}}"}""")));
        await Task.WhenAll(users.Select(service.ProfileOfAsync));
        var rule = Rule(name, "nickname", new Transform { Lower = new() });

        var preview = await service.Mappings.PreviewMappingAsync(new() { DirectoryId = directory, Rules = { rule } });

        Assert.Equal((30, 25, 20), (preview.UserCount, preview.ChangedCount, preview.Examples.Count));
        Assert.Equal((name, 25), (Assert.Single(preview.Attributes).Attribute, preview.Attributes[0].UserCount));
        Assert.All(preview.Examples, e => Assert.StartsWith("\"n", e.After.Json(name), StringComparison.Ordinal));
        Assert.Null((await service.FindAsync(directory, users[0].Id))!.Json(name));

        var mapping = await service.SetAsync(directory, rule);
        Assert.Equal((1, "nickName"), (mapping.Version, mapping.Rules[0].Paths[0]));
        var recomputation = await service.RecomputedAsync(directory);
        Assert.Equal((30, 30, 25), (recomputation.Done, recomputation.Total, recomputation.Changed));
        Assert.Equal("\"n0\"", (await service.FindAsync(directory, users[0].Id))!.Json(name));
        Assert.Equal(2, (await service.ToldAsync(directory, users[0].Id)).Count);
        Assert.Single(await service.ToldAsync(directory, users[29].Id));
        Assert.Equal(mapping, await service.SetAsync(directory, rule));

        var undone = (await service.Mappings.UndoMappingAsync(new() { DirectoryId = directory, ExpectedVersion = 1 })).Mapping;
        Assert.Equal((2, 0), (undone.Version, undone.Rules.Count));
        await service.RecomputedAsync(directory);
        Assert.Null((await service.FindAsync(directory, users[0].Id))!.Json(name));
        var again = (await service.Mappings.UndoMappingAsync(new() { DirectoryId = directory })).Mapping;
        Assert.Equal((3, 1, rule.Attribute), (again.Version, again.RestoredVersion, again.Rules[0].Attribute));
        var versions = (await service.Mappings.ListMappingVersionsAsync(new() { DirectoryId = directory, PageSize = 2 }));
        Assert.Equal([3, 2], versions.Versions.Select(v => v.Version));
        var rest = await service.Mappings.ListMappingVersionsAsync(new() { DirectoryId = directory, PageToken = versions.NextPageToken });
        Assert.Equal([1], rest.Versions.Select(v => v.Version));
        await FailsAsync(ErrorReason.EtagMismatch, async () =>
            await service.Mappings.UpdateMappingAsync(new() { DirectoryId = directory, ExpectedVersion = 1 }));
    }

    [Fact]
    public async Task A_directory_is_there_for_whoever_has_just_created_it()
    {
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(0, (await service.Mappings.GetMappingAsync(new() { DirectoryId = await service.NewDirectoryAsync() })).Mapping.Version);
            Assert.Equal(1, (await service.SetAsync(await service.NewDirectoryAsync(), Rule("username", "nickName"))).Version);
            Assert.Empty((await service.Profiles.ListInventoryAsync(new() { DirectoryId = await service.NewDirectoryAsync() })).Entries);
        }

        await FailsAsync(ErrorReason.ResourceNotFound, async () => await service.Mappings.GetMappingAsync(new() { DirectoryId = "nowhere" }));
    }

    [Fact]
    public async Task A_definition_is_followed_by_every_directory()
    {
        var (one, other) = (await service.NewDirectoryAsync(), await service.NewDirectoryAsync());
        var name = $"own_{Guid.NewGuid():n}";
        var ada = await service.CreateAsync(one, $$"""{"userName":"ada@acme.com","{{name}}":"2026/01/31"}""");
        var bob = await service.CreateAsync(other, $$"""
            {"userName":"bob@acme.com","urn:directorysync:params:scim:schemas:extension:custom:2.0:User":{"{{name}}":"soon"} }
            """);
        await service.ProfileOfAsync(ada);
        await service.ProfileOfAsync(bob);

        await service.DefineAsync(name, DefinitionType.Date);
        await service.RecomputedAsync(one);
        await service.RecomputedAsync(other);

        Assert.Equal("\"2026-01-31\"", (await service.FindAsync(one, ada.Id))!.Json(name));
        var problems = await service.Profiles.ListProfileProblemsAsync(new() { DirectoryId = other, Attribute = name });
        var problem = Assert.Single(problems.Problems);
        Assert.Equal(("VALUE_INVALID", bob.Id, 1), (problem.Code, problem.ResourceId, problems.TotalSize));

        await service.Definitions.UpdateDefinitionAsync(new()
        {
            Definition = new() { Name = name, Type = DefinitionType.String }, UpdateMask = new() { Paths = { "type" } },
        });
        await service.RecomputedAsync(other);
        Assert.Equal("\"soon\"", (await service.FindAsync(other, bob.Id))!.Json(name));
        Assert.Equal(0, (await service.Profiles.ListProfileProblemsAsync(new() { DirectoryId = other })).TotalSize);

        await service.Definitions.DeleteDefinitionAsync(new() { Name = name });
        await service.RecomputedAsync(one);
        Assert.Null((await service.FindAsync(one, ada.Id))!.Json(name));
    }

    [Fact]
    public async Task A_problem_heals_with_the_next_update_that_is_right()
    {
        var name = await NewAttributeAsync(DefinitionType.Date);
        var directory = await service.NewDirectoryAsync();
        var ada = await service.CreateAsync(directory, $$"""{"userName":"ada@acme.com","{{name}}":"tomorrow"}""");
        Assert.Equal("tomorrow", Assert.Single((await service.ProfileOfAsync(ada)).Problems).Value);
        Assert.Equal(1, (await service.Profiles.ListProfileProblemsAsync(new() { DirectoryId = directory, UserId = ada.Id })).TotalSize);

        ada = await service.ReplaceAsync(ada, $$"""{"userName":"ada@acme.com","{{name}}":"2026-01-01"}""");

        Assert.Empty((await service.ProfileOfAsync(ada)).Problems);
        Assert.Equal(0, (await service.Profiles.ListProfileProblemsAsync(new() { DirectoryId = directory })).TotalSize);
    }

    [Fact]
    public async Task Bad_rules_and_definitions_change_nothing_and_say_what_is_wrong()
    {
        var name = await NewAttributeAsync(DefinitionType.Number);
        var directory = await service.NewDirectoryAsync();
        foreach (var (reason, rule) in new[]
        {
            (ErrorReason.InvalidValue, Rule("unknown_attribute", "title")),
            (ErrorReason.InvalidValue, Rule("state", "active")),
            (ErrorReason.InvalidPath, Rule(name, "password")),
            (ErrorReason.InvalidFilter, Rule(name, "emails[type xx 1].value")),
            (ErrorReason.InvalidValue, Rule(name, "title", new Transform())),
            (ErrorReason.InvalidValue, Rule(name, "title", new Transform { Default = new() { Json = "\"many\"" } })),
            (ErrorReason.InvalidValue, Rule(name, "title", new Transform { Default = new() { Json = "{" } })),
        })
        {
            var error = await FailsAsync(reason, () => service.SetAsync(directory, rule));
            Assert.NotEmpty(error.Status.Detail);
        }

        await FailsAsync(ErrorReason.InvalidValue, () => service.SetAsync(directory, Rule(name, "title"), Rule(name, "nickName")));
        await FailsAsync(ErrorReason.DefinitionNameTaken, () => service.DefineAsync(name.ToUpperInvariant()));
        await FailsAsync(ErrorReason.DefinitionNameTaken, () => service.DefineAsync("Email"));
        await FailsAsync(ErrorReason.InvalidValue, () => service.DefineAsync("tag_x"));
        await FailsAsync(ErrorReason.InvalidValue, () => service.DefineAsync("1x"));
        await FailsAsync(ErrorReason.InvalidValue, async () => await service.Definitions.DeleteDefinitionAsync(new() { Name = "email" }));
        Assert.Equal(0, (await service.Mappings.GetMappingAsync(new() { DirectoryId = directory })).Mapping.Version);
    }

    [Fact]
    public async Task A_predefined_attribute_is_in_profiles_once_it_is_enabled()
    {
        var directory = await service.NewDirectoryAsync();
        var ada = await service.CreateAsync(directory, """{"userName":"ada@acme.com","title":"Countess"}""");
        Assert.Null((await service.ProfileOfAsync(ada)).Json("job_title"));

        await service.Definitions.UpdateDefinitionAsync(new()
        {
            Definition = new() { Name = "job_title", Enabled = true }, UpdateMask = new() { Paths = { "enabled" } },
        });
        await service.RecomputedAsync(directory);

        Assert.Equal("\"Countess\"", (await service.FindAsync(directory, ada.Id))!.Json("job_title"));
        Assert.Contains((await service.Mappings.GetMappingAsync(new() { DirectoryId = directory })).Effective,
            e => e is { Automatic: true, Rule.Attribute: "job_title" });
    }

    private async Task<string> NewAttributeAsync(DefinitionType type = DefinitionType.String) =>
        (await service.DefineAsync($"attribute_{Guid.NewGuid():n}", type)).Name;
}

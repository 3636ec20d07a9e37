using DirectorySync.Chassis.Sql;
using DirectorySync.Scim;

namespace DirectorySync.GroupMembership.Tests;

/// <summary>Filters of groups that indexes serve do so, and what the indexes know of changed members is what is true.</summary>
public sealed class GroupIndexTests(Services services) : IClassFixture<Services>
{
    private const string Many = "many";

    [Theory]
    [InlineData("id eq \"g-77\"", "groups_pkey")]
    [InlineData("id sw \"g-77\"", "groups_pkey")]
    [InlineData("id gt \"g-9990\"", "groups_pkey")]
    [InlineData("displayName eq \"Name-77\"", "groups_display_name")]
    [InlineData("displayName sw \"Name-77\"", "groups_display_name")]
    [InlineData("displayName ge \"name-9990\"", "groups_display_name")]
    [InlineData("displayName lt \"name-11\"", "groups_display_name")]
    [InlineData("externalId eq \"e-77\"", "groups_external_id")]
    [InlineData("externalId sw \"e-77\"", "groups_external_id")]
    [InlineData("externalId gt \"e-9990\"", "groups_external_id")]
    [InlineData("externalId le \"e-11\"", "groups_external_id")]
    [InlineData("members.value eq \"m-77\"", "group_members_member")]
    [InlineData("members.value sw \"m-77\"", "group_members_member")]
    [InlineData("members.value gt \"m-9990\"", "group_members_member")]
    [InlineData("members[value eq \"m-77\" and type eq \"User\"]", "group_members_member")]
    [InlineData("meta.lastModified gt \"2030-01-01T00:00:00Z\"", "group_slots_modified_hour")]
    [InlineData("meta.lastModified ge \"2030-01-01T00:00:00Z\"", "groups_update_time")]
    [InlineData("meta.lastModified eq \"2030-01-01T00:00:00Z\"", "group_slots_modified_hour")]
    [InlineData("meta.lastModified lt \"2020-01-01T00:00:00Z\"", "groups_update_time")]
    public async Task An_indexed_filter_uses_its_index(string filter, string index)
    {
        await FillAsync();
        var plan = await services.PlanAsync(new() { DirectoryId = Many, Filter = FilterParser.Parse(filter, ResourceType.Group), PageSize = 100 });

        Assert.Contains(index, plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on group", plan, StringComparison.Ordinal);
        Assert.DoesNotMatch("Rows Removed by Filter: [0-9]{3,}", plan);
    }

    [Theory]
    [InlineData("id")]
    [InlineData("displayName")]
    public async Task A_page_at_the_beginning_reads_no_more_groups_than_it_has(string attribute)
    {
        await FillAsync();
        var plan = await services.PlanAsync(new()
        {
            DirectoryId = Many, Sort = new() { Path = AttributePaths.ParseSortBy(attribute, ResourceType.Group) }, PageSize = 100,
        });

        Assert.DoesNotContain("Seq Scan on groups", plan, StringComparison.Ordinal);
        Assert.DoesNotMatch("rows=[0-9]{4,} loops", plan);
    }

    [Fact]
    public async Task Time_of_last_change_counts_members_to_the_microsecond()
    {
        var groups = await services.NewDirectoryAsync();
        var ids = await services.KnownIdsAsync(groups.DirectoryId, 1);
        var (quiet, busy) = (await groups.CreateAsync("Quiet"), await groups.CreateAsync("Busy"));
        busy = await groups.AddAsync(busy.Id, ids[0]);
        var time = busy.UpdateTime.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffffzzz", System.Globalization.CultureInfo.InvariantCulture);

        Assert.True(busy.UpdateTime > quiet.UpdateTime);
        foreach (var (comparison, expected) in new (string, string[])[]
        {
            ("gt", []), ("ge", [busy.Id]), ("eq", [busy.Id]), ("lt", [quiet.Id]), ("le", [quiet.Id, busy.Id]), ("ne", [quiet.Id]),
        })
        {
            var found = await groups.ListAsync(new()
            {
                PageSize = 10, Filter = FilterParser.Parse($"meta.lastModified {comparison} \"{time}\"", ResourceType.Group),
            });
            Assert.Equal((comparison, string.Join(' ', expected)), (comparison, string.Join(' ', found.Groups.Select(group => group.Id))));
        }
    }

    // 10,000 groups in one of two directories, once for the class' database.
    private async Task FillAsync()
    {
        if (await services.Database.Sql($"select exists (select from groups where directory_id = {Many})").SingleAsync(row => row.GetBoolean(0), default))
        {
            return;
        }

        await services.Database.Sql($"""
            insert into groups (directory_id, id, display_name, display_name_key, external_id, version, create_time, update_time, data, doc)
            select case when i % 100 = 0 then 'few' else {Many} end, 'g-' || i, 'Name-' || i, 'name-' || i, 'e-' || i, 1,
              now() + i * interval '1 hour', now() + i * interval '1 hour', '', jsonb_build_object('x', repeat(md5(i::text), 20))
            from generate_series(1, 10000) i
            """).ExecuteAsync(default);
        await services.Database.Sql($"""
            insert into group_members (directory_id, group_id, member_id, type, display, resolved, version, create_time)
            select directory_id, id, 'm-' || substr(id, 3), 1, '', true, 1, now() from groups where id like 'g-%'
            """).ExecuteAsync(default);
        await services.Database.Sql($"""
            insert into group_slots (directory_id, group_id, slot, version, last_modified)
            select directory_id, id, 1, 1, update_time from groups where id like 'g-%'
            """).ExecuteAsync(default);
        foreach (var table in new[] { "groups", "group_members", "group_slots" })
        {
            await services.Database.Sql(SqlText.FromParts([$"analyze {table}"], [])).ExecuteAsync(default);
        }
    }
}

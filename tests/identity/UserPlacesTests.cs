using System.Text.RegularExpressions;
using DirectorySync.Chassis.Sql;
using DirectorySync.Identity.Users;
using DirectorySync.Scim;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DirectorySync.Identity.Tests;

/// <summary>Pages far behind start from a place nearby, and are the same as if they had been counted from the beginning.</summary>
public sealed class UserPlacesTests(IdentityService identity) : IClassFixture<IdentityService>
{
    private const int Users = 5_000;

    private static readonly (string Attribute, string Column)[] Sorts =
    [
        ("id", "id"), ("userName", "user_name_key"), ("externalId", "external_id"), ("displayName", "display_name_key"),
        ("meta.created", "create_time"), ("meta.lastModified", "update_time"),
    ];

    [Fact]
    public async Task A_page_far_behind_is_exact_in_every_order_while_users_come_change_and_go()
    {
        var directory = (await FillAsync()).Id;
        await RequireSameAsync(directory);

        await FoldAsync(directory);
        Assert.InRange(await PlacesAsync(directory), 6 * (Users / 2000), 8 * (Users / 1000));
        await RequireSameAsync(directory);

        // More and more rows that are not folded yet, then folded.
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 12; i++)
            {
                var created = await identity.CreateUserAsync(
                    directory, new() { UserName = $"{i}-{round}", DisplayName = i % 3 == 0 ? "" : $"Display-{i * 500}", ExternalId = i % 2 == 0 ? "" : "E" });
                await identity.PatchUserAsync(
                    created, $$"""[{"op":"replace","value":{"userName":"user-{{(i * 400) + round}}x","active":false} } ]""");
                await identity.PatchUserAsync(
                    created, $$"""[{"op":"add","value":{"displayName":"Z{{i}}","externalId":"e-{{i * 99}}"} } ]""");
                await identity.Users.DeleteUserAsync(new() { DirectoryId = directory, Id = $"id-{(((i * 3) + round) * 140) + 2:000000}" });
            }

            await RequireSameAsync(directory);
            await FoldAsync(directory);
            await RequireSameAsync(directory);
        }

        await RequireExactAsync(directory);
    }

    [Fact]
    public async Task What_was_counted_without_a_place_makes_places_begin_anew()
    {
        var directory = (await FillAsync()).Id;
        await FoldAsync(directory);

        // As a version does that knows no places.
        await identity.Database.Sql($"delete from users where directory_id = {directory} and id < 'id-001000'").ExecuteAsync(default);
        for (var i = 0; i < 27; i++)
        {
            await identity.Database.Sql($"insert into user_counts (directory_id, active, inactive) values ({directory}, -37, 0)").ExecuteAsync(default);
        }

        await FoldAsync(directory);
        await RequireExactAsync(directory);
        await RequireSameAsync(directory);
    }

    [Fact]
    public async Task Places_at_erased_users_go_and_pages_stay_exact()
    {
        var directory = (await FillAsync()).Id;
        await FoldAsync(directory);
        var ids = await identity.Database.Sql($"""
            select distinct p.user_id from user_places p where p.directory_id = {directory} and p.user_id <> '' order by 1 limit 8
            """).ListAsync(row => row.GetString(0), default);

        foreach (var id in ids)
        {
            await identity.Users.EraseUserAsync(new() { DirectoryId = directory, Id = id });
        }

        await Eventually.True(
            async () => await identity.Database.Sql($"""
                select not exists (select from user_places p where p.directory_id = {directory} and p.user_id = any({ids.ToArray()}))
                  and not exists (select from user_counts c where c.directory_id = {directory} and c.user_id = any({ids.ToArray()}))
                """).SingleAsync(row => row.GetBoolean(0), default),
            what: "nothing names them any more");
        await RequireSameAsync(directory);
        await FoldAsync(directory);
        await RequireExactAsync(directory);
    }

    [Theory]
    [InlineData("later-")]
    [InlineData("id-003000-")]
    public async Task A_directory_that_has_places_gets_more_where_it_grows(string prefix)
    {
        var directory = (await FillAsync()).Id;
        await FoldAsync(directory);

        await GrowAsync(directory, prefix, 2_500);
        await FoldAsync(directory);
        await RequireSameAsync(directory);
        await RequireExactAsync(directory);
    }

    [Fact]
    public async Task A_page_at_the_beginning_behind_a_cursor_or_behind_a_place_reads_no_more_than_is_near()
    {
        var directory = (await FillAsync()).Id;
        await FoldAsync(directory);
        await identity.Database.Sql($"vacuum analyze users").ExecuteAsync(default);

        foreach (var (attribute, _) in Sorts)
        {
            foreach (var descending in new[] { false, true })
            {
                var request = Request(directory, attribute, descending);
                RequireNear(await identity.PlanAsync(request), 50);
                RequireNear(await identity.PlanAsync(new(request) { Skip = 100 }), 150);
                var token = (await identity.Users.ListUsersAsync(request)).NextPageToken;
                for (var page = 0; page < 3; page++)
                {
                    token = (await identity.Users.ListUsersAsync(new(request) { PageToken = token, PageSize = 1000 })).NextPageToken;
                }

                RequireNear(await identity.PlanAsync(new(request) { PageToken = token }), 50);
                var far = new ListUsersRequest(request) { Skip = 4700 };
                var order = new UserOrder(far, UserList.Columns);
                var place = await identity.Database.InTransactionAsync(tx => UserPlaces.FindAsync(tx, far, order, default), default);
                RequireNear(await identity.PlanAsync(new(far) { Skip = place!.Skip }, order.From(place)), 2050);
            }
        }
    }

    private static void RequireNear(string plan, int most)
    {
        Assert.DoesNotContain("Seq Scan on users", plan, StringComparison.Ordinal);
        Assert.All(Regex.Matches(plan, @"rows=(\d+) loops|Removed by Filter: (\d+)"), rows =>
            Assert.True(int.Parse(rows.Groups[1].Value + rows.Groups[2].Value, System.Globalization.CultureInfo.InvariantCulture) <= most, plan));
    }

    // Every page that is asked for, with what PostgreSQL sorts.
    private async Task RequireSameAsync(string directory)
    {
        foreach (var (attribute, column) in Sorts)
        {
            foreach (var descending in new[] { false, true })
            {
                var order = descending ? $"{column} desc, id desc" : $"{column}, id";
                var ids = await identity.Database.Sql($"select id from users where directory_id = {directory} {SqlText.FromParts([$"order by {order}"], [])}")
                    .ListAsync(row => row.GetString(0), default);
                foreach (var skip in new[] { 2001, 2999, ids.Count - 1400, ids.Count - 3, ids.Count + 5 })
                {
                    var page = await identity.Users.ListUsersAsync(new(Request(directory, attribute, descending)) { Skip = skip });
                    Assert.Equal((attribute, descending, skip, string.Join(' ', ids.Skip(skip).Take(20))),
                        (attribute, descending, skip, string.Join(' ', page.Users.Select(user => user.Id))));
                    Assert.Equal(ids.Count, page.TotalSize);
                }
            }
        }
    }

    // In every order, between every two places, as many users as are said to be there.
    private async Task RequireExactAsync(string directory)
    {
        await identity.Database.InTransactionAsync(
            tx => UserPlaces.FoldAsync(tx, directory, 10_000, default), default, System.Data.IsolationLevel.RepeatableRead);
        foreach (var sort in UserSort.All)
        {
            var wrong = await identity.Database.Sql($"""
                with p as (
                  select key, user_id, users, lead(key) over w as next_key, lead(user_id) over w as next_id from user_places
                  where directory_id = {directory} and sort = {sort.Number} window w as (order by key, user_id))
                select count(*) filter (where users <> (
                  select count(*) from users u where u.directory_id = {directory} and ({sort.Key}, u.id) > (p.key, p.user_id)
                    and (next_key is null or ({sort.Key}, u.id) <= (next_key, next_id)))), count(*) from p
                """).SingleAsync(row => (row.GetInt64(0), row.GetInt64(1)), default);
            Assert.Equal((sort.Attribute, 0), (sort.Attribute, wrong.Item1));
            Assert.True(wrong.Item2 > 1);
        }
    }

    private static ListUsersRequest Request(string directory, string attribute, bool descending) => new()
    {
        DirectoryId = directory, PageSize = 20,
        Sort = new() { Path = AttributePaths.ParseSortBy(attribute, ResourceType.User), Descending = descending },
    };

    // The service does it too, in its own time.
    private Task FoldAsync(string directory) => Eventually.True(async () =>
    {
        await new CountFolding(identity.Database, Options.Create(new IdentityOptions()), NullLogger<CountFolding>.Instance).FoldAsync(default);
        return await identity.Database.Sql($"""
            select coalesce(max(users) <= 2000, false)
              and (select count(*) <= 20 and bool_and(user_id is not null or was is not null) from user_counts where directory_id = {directory})
            from user_places where directory_id = {directory}
            """).SingleAsync(row => row.GetBoolean(0), default);
    });

    private Task<long> PlacesAsync(string directory) =>
        identity.Database.Sql($"select count(*) from user_places where directory_id = {directory}").SingleAsync(row => row.GetInt64(0), default);

    // The message has nothing but the id.
    private static int Tag => new User { Id = "x" }.ToByteArray()[0];

    // Users with one display name, each counted as its creation counts it.
    private async Task GrowAsync(string directory, string prefix, int users)
    {
        await identity.Database.Sql($"""
            insert into users (directory_id, id, user_name_key, external_id, display_name_key, active, version, create_time, update_time, data, doc)
            select {directory}, id, id, id, 'display-9', true, 1, now(), now(),
              set_byte(set_byte('\x0000', 0, {Tag}), 1, length(id)) || convert_to(id, 'UTF8'), jsonb_build_object()
            from (select {prefix} || lpad(i::text, 6, '0') as id from generate_series(1, {users}) i) n
            """).ExecuteAsync(default);
        await identity.Database.Sql($"""
            insert into user_counts (directory_id, active, inactive, user_id, became)
            select {directory}, 1, 0, u.id, {UserSort.Keys} from users u where u.directory_id = {directory} and starts_with(u.id, {prefix})
            """).ExecuteAsync(default);
    }

    private async Task<Directory> FillAsync()
    {
        var directory = await identity.CreateDirectoryAsync();
        await identity.Database.Sql($"""
            insert into users (directory_id, id, user_name_key, external_id, display_name_key, active, version, create_time, update_time, data, doc)
            select {directory.Id}, id, 'user-' || (i * 7919 % 5000), case when i % 5 > 1 then 'e-' || i end,
              case when i % 2 = 0 then 'display-' || (i / 9) end, true, 1, now() - i / 3 * interval '1 hour', now() - i * 31 % 5000 * interval '1 hour',
              set_byte(set_byte('\x0000', 0, {Tag}), 1, 9) || convert_to(id, 'UTF8'), jsonb_build_object()
            from (select i, 'id-' || lpad(i::text, 6, '0') as id from generate_series(1, {Users}) i) n
            """).ExecuteAsync(default);
        await identity.Database.Sql($"insert into user_counts (directory_id, active, inactive) values ({directory.Id}, {Users}, 0)").ExecuteAsync(default);
        return directory;
    }
}

using DirectorySync.Errors.V1;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;
using static DirectorySync.Identity.Tests.IdentityService;

namespace DirectorySync.Identity.Tests;

/// <summary>Lists of users: filters, order, pages, totals, and that the indexed filters use their indexes.</summary>
public sealed class UserListTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Theory]
    [InlineData("userName eq \"ADA@acme.com\"", "ada")]
    [InlineData("userName sw \"gr\"", "grace")]
    [InlineData("externalId eq \"00u-Ada@acme.com\"", "ada")]
    [InlineData("externalId eq \"00U-Ada@acme.com\"", "")]
    [InlineData("emails.value eq \"GRACE@acme.com\"", "grace")]
    [InlineData("emails[type eq \"work\" and value sw \"grace\"]", "grace")]
    [InlineData("displayName co \"EDSGER\"", "edsger")]
    [InlineData("active eq false", "edsger")]
    [InlineData("not (active eq false) and userName ne \"ada@acme.com\"", "grace")]
    [InlineData("name.familyName eq \"LOVELACE\" and title pr", "grace")]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department eq \"compilers\"", "grace")]
    [InlineData("meta.created gt \"2020-01-01T00:00:00Z\" and meta.lastModified lt \"2020-01-01T00:00:00Z\"", "")]
    [InlineData("userName eq \"ada@acme.com\" or emails.value eq \"grace@acme.com\"", "ada,grace")]
    public async Task A_filter_finds_and_counts_what_it_says(string filter, string found)
    {
        var directory = await FillAsync();

        var list = await ListAsync(new() { DirectoryId = directory.Id, Filter = Parse(filter), PageSize = 10 });

        var names = list.Users.Select(user => user.UserName[..user.UserName.IndexOf('@', StringComparison.Ordinal)].ToLowerInvariant()).Order(StringComparer.Ordinal);
        Assert.Equal(found, string.Join(',', names));
        Assert.Equal(list.Users.Count, list.TotalSize);
    }

    [Fact]
    public async Task An_inactive_user_is_listed_and_counted_like_any_other()
    {
        var directory = await FillAsync();

        var list = await ListAsync(new() { DirectoryId = directory.Id, PageSize = 2, Skip = 1 });

        Assert.Equal(3, list.TotalSize);
        Assert.Equal(2, list.Users.Count);
        Assert.Equal("", list.NextPageToken);
    }

    [Fact]
    public async Task A_page_size_of_0_only_counts()
    {
        var directory = await FillAsync();

        var list = await ListAsync(new() { DirectoryId = directory.Id, Filter = Parse("active eq true") });

        Assert.Equal(2, list.TotalSize);
        Assert.Empty(list.Users);
        Assert.Equal("", list.NextPageToken);
    }

    [Theory]
    [InlineData("", false, "1,2,3,4,5,6,7")]
    [InlineData("id", true, "7,6,5,4,3,2,1")]
    [InlineData("userName", false, "7,6,5,4,3,2,1")]
    [InlineData("userName", true, "1,2,3,4,5,6,7")]
    [InlineData("title", false, "1,4,2,5,3,6,7")]
    [InlineData("title", true, "7,6,3,5,2,4,1")]
    [InlineData("displayName", false, "1,4,2,5,3,6,7")]
    [InlineData("displayName", true, "7,6,3,5,2,4,1")]
    [InlineData("active", true, "7,6,5,4,3,2,1")]
    [InlineData("meta.lastModified", false, "")]
    [InlineData("meta.version", false, "1,2,3,4,5,6,7")]
    [InlineData("emails.value", false, "7,6,5,4,3,2,1")]
    public async Task Pages_by_token_follow_the_order_and_miss_nobody(string sortBy, bool descending, string expected)
    {
        var directory = await identity.CreateDirectoryAsync();
        var numbers = new Dictionary<string, string>();
        var ids = new List<User>();
        for (var i = 0; i < 7; i++)
        {
            ids.Add(await identity.CreateUserAsync(directory.Id, new() { UserName = $"new-{i}" }));
        }

        // Numbered in the order of their ids; names run against it; title A, B, C, A, B, C and none.
        ids.Sort((a, b) => string.CompareOrdinal(a.Id, b.Id));
        for (var i = 0; i < 7; i++)
        {
            var user = ids[i];
            numbers[user.Id] = $"{i + 1}";
            user.UserName = $"U{9 - i}@acme.com";
            user.Emails.Add(new MultiValue { Value = user.UserName, Primary = true });
            if (i < 6)
            {
                user.Title = user.DisplayName = $"{(char)((i % 2 == 0 ? 'a' : 'A') + (i % 3))}";
            }

            await identity.ReplaceUserAsync(user);
        }

        var sort = sortBy.Length == 0 ? null
            : new Sort { Path = AttributePaths.ParseSortBy(sortBy, ResourceType.User), Descending = descending };
        var seen = new List<string>();
        var token = "";
        do
        {
            var page = await ListAsync(new() { DirectoryId = directory.Id, Sort = sort, PageSize = 2, PageToken = token });
            Assert.Equal(7, page.TotalSize);
            seen.AddRange(page.Users.Select(user => numbers[user.Id]));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(7, seen.Distinct().Count());
        Assert.Equal(7, seen.Count);
        if (expected.Length > 0)
        {
            Assert.Equal(expected, string.Join(',', seen));
        }
    }

    [Fact]
    public async Task A_page_token_continues_its_own_list_only()
    {
        var directory = await FillAsync();
        var token = (await ListAsync(new() { DirectoryId = directory.Id, PageSize = 1 })).NextPageToken;

        Assert.NotEqual("", token);
        foreach (var request in new ListUsersRequest[]
        {
            new() { DirectoryId = directory.Id, PageSize = 1, PageToken = "nonsense" },
            new() { DirectoryId = directory.Id, PageSize = 1, PageToken = token, Filter = Parse("active eq true") },
            new() { DirectoryId = directory.Id, PageSize = 1, PageToken = token, Sort = new() { Descending = true } },
        })
        {
            await FailsAsync(ErrorReason.InvalidPageToken, () => ListAsync(request));
        }

        await FailsAsync(ErrorReason.InvalidValue, () => ListAsync(new() { DirectoryId = directory.Id, PageSize = 1, PageToken = token, Skip = 1 }));
        await FailsAsync(ErrorReason.InvalidValue, () => ListAsync(new() { DirectoryId = directory.Id, PageSize = 1001 }));
        await FailsAsync(ErrorReason.InvalidFilter, () => ListAsync(new() { DirectoryId = directory.Id, Filter = new() }));
        Assert.Equal(0, (await ListAsync(new() { DirectoryId = directory.Id, PageSize = 1, SkipTotal = true })).TotalSize);
    }

    [Theory]
    [InlineData("userName eq \"user-77\"", "users_user_name_key")]
    [InlineData("userName sw \"user-77\"", "users_user_name_key")]
    [InlineData("userName gt \"user-9990\"", "users_user_name_key")]
    [InlineData("userName ge \"user-9990\"", "users_user_name_key")]
    [InlineData("userName lt \"user-11\"", "users_user_name_key")]
    [InlineData("userName le \"user-11\"", "users_user_name_key")]
    [InlineData("externalId eq \"ext-77\"", "users_external_id_idx")]
    [InlineData("externalId ge \"ext-9990\"", "users_external_id_idx")]
    [InlineData("externalId lt \"ext-11\"", "users_external_id_idx")]
    [InlineData("displayName gt \"display-9990\"", "users_display_name_idx")]
    [InlineData("displayName le \"display-11\"", "users_display_name_idx")]
    [InlineData("id sw \"id-77\"", "users_pkey")]
    [InlineData("id gt \"id-9990\"", "users_pkey")]
    [InlineData("meta.lastModified eq \"2030-01-01T00:00:00Z\"", "users_update_time_idx")]
    [InlineData("meta.lastModified lt \"2020-01-01T00:00:00Z\"", "users_update_time_idx")]
    [InlineData("emails.value gt \"mail-9990\"", "user_emails_pkey")]
    [InlineData("emails.value lt \"mail-11\"", "user_emails_pkey")]
    [InlineData("externalId sw \"ext-77\"", "users_external_id_idx")]
    [InlineData("displayName eq \"display-77\"", "users_display_name_idx")]
    [InlineData("displayName sw \"display-77\"", "users_display_name_idx")]
    [InlineData("id eq \"id-77\"", "users_pkey")]
    [InlineData("active eq false", "users_active_idx")]
    [InlineData("meta.lastModified gt \"2030-01-01T00:00:00Z\"", "users_update_time_idx")]
    [InlineData("meta.created gt \"2030-01-01T00:00:00Z\"", "users_create_time_idx")]
    [InlineData("emails.value eq \"mail-77@acme.com\"", "user_emails_pkey")]
    [InlineData("emails.value sw \"mail-77\"", "user_emails_pkey")]
    public async Task An_indexed_filter_uses_its_index(string filter, string index)
    {
        var directory = await FillManyAsync();

        var plan = await identity.PlanAsync(new() { DirectoryId = directory, Filter = Parse(filter), PageSize = 100 });

        Assert.Contains(index, plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on users", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Seq Scan on user_emails", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Rows Removed by Filter", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_would_not_fit_into_a_message_is_shorter()
    {
        var directory = await identity.CreateDirectoryAsync();
        for (var i = 0; i < 11; i++)
        {
            var person = Person($"large-{i}@acme.com");
            person.RawAttributes.Add(new RawAttribute { Schema = SchemaUrns.User, Name = "x", Json = $"\"{new string('x', 1_000_000)}\"" });
            await identity.CreateUserAsync(directory.Id, person);
        }

        var first = await ListAsync(new() { DirectoryId = directory.Id, PageSize = 100 });
        var byToken = await ListAsync(new() { DirectoryId = directory.Id, PageSize = 100, PageToken = first.NextPageToken });
        var byIndex = await ListAsync(new() { DirectoryId = directory.Id, PageSize = 100, Skip = first.Users.Count });

        Assert.InRange(first.Users.Count, 1, 10);
        Assert.Equal((11, 11, 11), (first.TotalSize, byToken.TotalSize, byIndex.TotalSize));
        Assert.Equal(byIndex.Users, byToken.Users);
        Assert.Equal(11, first.Users.Concat(byToken.Users).DistinctBy(user => user.Id).Count());
        Assert.Equal("", byToken.NextPageToken);
    }

    [Fact]
    public async Task Every_page_by_cursor_says_how_many_there_are()
    {
        var directory = await FillAsync();
        var first = await ListAsync(new() { DirectoryId = directory.Id, PageSize = 1, Filter = Parse("userName pr") });
        var second = await ListAsync(
            new() { DirectoryId = directory.Id, PageSize = 1, Filter = Parse("userName pr"), PageToken = first.NextPageToken });

        Assert.Equal((3, 3), (first.TotalSize, second.TotalSize));
    }

    [Fact]
    public async Task Numbers_are_sorted_by_size()
    {
        var directory = await identity.CreateDirectoryAsync();
        foreach (var number in new[] { "10", "-3", "9.5", "1e30", "\"text\"", "0", "-20" })
        {
            var person = Person($"{Guid.NewGuid()}@acme.com");
            person.RawAttributes.Add(new RawAttribute { Schema = SchemaUrns.User, Name = "n", Json = number });
            await identity.CreateUserAsync(directory.Id, person);
        }

        var sorted = await ListAsync(new() { DirectoryId = directory.Id, PageSize = 100, Sort = new() { Path = AttributePaths.ParseSortBy("n", ResourceType.User) } });
        Assert.Equal(["-20", "-3", "0", "9.5", "10", "1e30", "\"text\""], sorted.Users.Select(user => user.RawAttributes[0].Json));
    }

    private async Task<Directory> FillAsync()
    {
        var directory = await identity.CreateDirectoryAsync();
        var grace = Person("grace@acme.com");
        (grace.Title, grace.Enterprise) = ("Admiral", new() { Department = "Compilers" });
        var edsger = Person("edsger@acme.com");
        (edsger.Active, edsger.Name.FamilyName) = (false, "Dijkstra");
        await identity.CreateUserAsync(directory, "Ada@acme.com");
        await identity.CreateUserAsync(directory.Id, grace);
        await identity.CreateUserAsync(directory.Id, edsger);
        await identity.CreateUserAsync(await identity.CreateDirectoryAsync(), "ada@acme.com");
        return directory;
    }

    // 10,000 users in one of two directories, once for the class' database.
    private async Task<string> FillManyAsync()
    {
        const string name = "Many";
        var existing = await identity.Database.Sql($"select id from directories where name_key = {name}").FindAsync(row => row.GetString(0), default);
        if (existing is not null)
        {
            return existing;
        }

        var directory = await identity.CreateDirectoryAsync();
        var small = await identity.CreateDirectoryAsync();
        await identity.Database.Sql($"""
            insert into users (directory_id, id, user_name_key, external_id, display_name_key, active, version, create_time, update_time, data, doc)
            select case when i % 100 = 0 then {small.Id} else {directory.Id} end, 'id-' || i, 'user-' || i, 'ext-' || i, 'display-' || i,
              i % 1000 <> 1, 1, now() + i * interval '1 hour', now() + i * interval '1 hour', decode(repeat(md5(i::text), 20), 'hex'),
              jsonb_build_object('x', repeat(md5(i::text), 20))
            from generate_series(1, 10000) i
            """).ExecuteAsync(default);
        await identity.Database.Sql($"""
            insert into user_emails (directory_id, value_key, user_id, active)
            select directory_id, 'mail-' || substr(id, 4) || '@acme.com', id, active from users where id like 'id-%'
            """).ExecuteAsync(default);
        await identity.Database.Sql($"update directories set name_key = {name} where id = {directory.Id}").ExecuteAsync(default);
        await identity.Database.Sql($"analyze users").ExecuteAsync(default);
        await identity.Database.Sql($"analyze user_emails").ExecuteAsync(default);
        return directory.Id;
    }

    private static Filter Parse(string filter) => FilterParser.Parse(filter, ResourceType.User);

    private async Task<ListUsersResponse> ListAsync(ListUsersRequest request) => await identity.Users.ListUsersAsync(request);
}

using CsCheck;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using DirectorySync.Scim.V1;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using NpgsqlTypes;

namespace DirectorySync.Scim.Tests;

/// <summary>The SQL of a filter finds, in a real PostgreSQL, exactly the users that the reference evaluator finds.</summary>
public sealed class SqlEqualsReferenceTests : IAsyncLifetime, IDisposable
{
    private const string Schema = """
        create table users (
            directory_id text collate "C", id text collate "C", user_name_key text collate "C", external_id text collate "C",
            active boolean, create_time timestamptz, update_time timestamptz, version bigint, doc jsonb, primary key (directory_id, id));
        create table user_emails (directory_id text collate "C", value_key text collate "C", user_id text collate "C");
        """;

    private readonly List<User> users = [];
    private TestDatabase database = null!;
    private NpgsqlConnection connection = null!;

    public async Task InitializeAsync()
    {
        database = await TestDatabase.CreateEmptyAsync("identity");
        connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await ExecuteAsync(Schema);
        Generators.UserText.Array[150].Sample(texts =>
        {
            users.Clear();
            users.AddRange(texts.Select(Bodies.User));
        }, iter: 1);
        for (var i = 0; i < users.Count; i++)
        {
            await InsertAsync(users[i], i);
        }
    }

    public async Task DisposeAsync()
    {
        await connection.DisposeAsync();
        await database.DisposeAsync();
    }

    public void Dispose() => connection?.Dispose();

    [Fact]
    public async Task Filters_find_the_same_users()
    {
        var filters = new List<Filter>();
        Generators.Filter.Array[400].Sample(filters.AddRange, iter: 1);
        var differences = new List<string>();
        foreach (var filter in filters)
        {
            var wanted = users.Where(u => ReferenceEvaluator.Matches(filter, Bodies.Json(u), ResourceType.User)).Select(u => u.Id).ToList();
            var sql = FilterSql.Compile(filter, FilterSqlTests.Users);
            var found = await QueryAsync(sql, "order by u.id");
            if (!wanted.SequenceEqual(found))
            {
                var user = users.Find(u => u.Id == wanted.Except(found).Concat(found.Except(wanted)).First())!;
                differences.Add($"{FilterPrinter.Print(filter, ResourceType.User)}\n{sql}\nwanted {wanted.Contains(user.Id)}: {SearchForm.Of(user)}");
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences.OrderBy(d => d.Length).Take(4)));
    }

    [Theory]
    [InlineData("userName")]
    [InlineData("externalId")]
    [InlineData("title")]
    [InlineData("name.familyName")]
    [InlineData("emails")]
    [InlineData("tag_x")]
    [InlineData("tag_list.type")]
    [InlineData("meta.lastModified")]
    [InlineData("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department")]
    public async Task Every_attribute_can_be_sorted_by(string sortBy)
    {
        var sort = SortSql.Compile(AttributePaths.ParseSortBy(sortBy, ResourceType.User), FilterSqlTests.Users);
        var all = FilterSql.Compile(FilterParser.Parse("id pr", ResourceType.User), FilterSqlTests.Users);
        Assert.Equal(users.Count, (await QueryAsync(all, "order by ", sort)).Count);
    }

    // Kept as they were sent, compared as what they are declared to be.
    [Fact]
    public async Task Custom_values_compare_by_their_declared_types()
    {
        var type = ResourceType.User.With(new Schema(SchemaUrns.CustomUser, "Custom", "Custom",
        [
            new() { Name = "day", Description = "A day", Type = AttributeType.DateTime, ToldAs = AttributeType.String },
            new() { Name = "size", Description = "A number", Type = AttributeType.Decimal },
            new() { Name = "badge", Description = "A flag", Type = AttributeType.Boolean },
        ]));
        string[] values =
        [
            """{"x":1}""",
            """{"day":"2024-02-05","size":42,"badge":true}""",
            """{"day":"2024/02/05","size":"42","badge":"True"}""",
            """{"day":"2024-02-06","size":"4.3e1","badge":"false"}""",
            """{"day":"2024-02-05T02:00:00+02:00","size":-1,"badge":"maybe"}""",
            """{"day":"2024-02-31","size":"many"}""",
            """{"day":"soon"}""",
            """{"day":[{"a":1}]}""",
        ];
        await ExecuteAsync("delete from users");
        users.Clear();
        foreach (var value in values)
        {
            await InsertAsync(Bodies.User($$"""{"userName":"u{{users.Count}}","{{SchemaUrns.CustomUser}}":{{value}}}"""), users.Count);
            users.Add(new());
        }

        foreach (var (filter, expected) in new[]
        {
            ("URN:day eq \"2024-02-05\"", "1 2 4"),
            ("URN:day ne \"2024-02-05\"", "3 5 6"),
            ("URN:day gt \"2024/02/05\"", "3 5"),
            ("URN:day ge \"2024-02-05T00:00:00Z\"", "1 2 3 4 5"),
            ("URN:day lt \"2024-02-06\"", "1 2 4"),
            ("URN:day sw \"2024/\"", "2"),
            ("URN:day eq \"SOON\"", "6"),
            ("not (URN:day ge \"2000-01-01\")", "0 6 7"),
            ("URN:size eq 42", "1 2"),
            ("URN:size eq \"42.0\"", "1 2"),
            ("URN:size gt 41", "1 2 3"),
            ("URN:size ne 42", "3 4 5"),
            ("URN:badge eq true", "1 2"),
            ("URN:badge eq false", "3"),
            ("URN:badge ne true", "3 4"),
        })
        {
            // The owning service knows nothing of the definitions: the filter says what they are.
            var parsed = FilterParser.Parse(filter.Replace("URN", SchemaUrns.CustomUser, StringComparison.Ordinal), type);
            var found = await QueryAsync(FilterSql.Compile(parsed, FilterSqlTests.Users), "order by u.id");

            Assert.Equal((filter, expected), (filter, string.Join(' ', found.Select(id => id[^1]))));
        }
    }

    private async Task InsertAsync(User user, int number)
    {
        user.Id = $"u{number:000}";
        user.UserName = user.UserName.Length > 0 ? user.UserName : user.Id;
        user.Version = number;
        user.Active = !user.HasActive || user.Active;
        user.CreateTime = Timestamp.FromDateTime(new DateTime(2026, 1 + (number % 12), 1, 0, 0, 0, DateTimeKind.Utc));
        user.UpdateTime = Timestamp.FromDateTime(new DateTime(2026, 1, 1 + (number % 3), 0, 0, 0, DateTimeKind.Utc));
        await ExecuteAsync("insert into users values ('d', $1, $2, $3, $4, $5, $6, $7, $8)", user.Id, SearchForm.Key(user.UserName),
            user.ExternalId, user.Active, user.CreateTime.ToDateTime(), user.UpdateTime.ToDateTime(), user.Version,
            new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Jsonb, Value = SearchForm.Of(user) });
        foreach (var email in user.Emails.Where(e => e.Value.Length > 0))
        {
            await ExecuteAsync("insert into user_emails values ('d', $1, $2)", SearchForm.Key(email.Value), user.Id);
        }
    }

    private async Task<List<string>> QueryAsync(SqlFragment condition, params object[] order)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        var sql = "select u.id from users u where " + Append(command, condition) + " ";
        foreach (var part in order)
        {
            sql += part is SqlFragment fragment ? Append(command, fragment) : part;
        }

        command.CommandText = sql;
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<string>();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetString(0));
        }

        return ids;
    }

    private static string Append(NpgsqlCommand command, SqlFragment fragment)
    {
        var sql = fragment.Literals[0];
        for (var i = 0; i < fragment.Parameters.Count; i++)
        {
            command.Parameters.Add(fragment.Parameters[i] is string text
                ? new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Text, Value = text }
                : new NpgsqlParameter { Value = fragment.Parameters[i] });
            sql += $"${command.Parameters.Count}{fragment.Literals[i + 1]}";
        }

        return sql;
    }

    private async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(value as NpgsqlParameter ?? new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync();
    }
}

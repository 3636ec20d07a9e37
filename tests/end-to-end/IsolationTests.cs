using DirectorySync.Kit;
using DirectorySync.Local;
using Npgsql;
using StackExchange.Redis;

namespace DirectorySync.EndToEnd.Tests;

/// <summary>Each service's PostgreSQL role and Redis user reaches its own data and nobody else's.</summary>
public sealed class IsolationTests
{
    public static TheoryData<string, string> Pairs()
    {
        var pairs = new TheoryData<string, string>();
        foreach (var service in Service.All)
        {
            foreach (var other in Service.All.Where(other => other != service))
            {
                pairs.Add(service.Name, other.Name);
            }
        }

        return pairs;
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_services_role_cannot_connect_to_the_database_of_another(string service, string other)
    {
        await using var own = await TestDatabase.CreateAsync(service);
        await using var foreign = await TestDatabase.CreateAsync(other);
        await QueryAsync(own.ConnectionString, "create table t (id int)");

        var trespass = new NpgsqlConnectionStringBuilder(own.ConnectionString) { Database = foreign.Name, Pooling = false };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => QueryAsync(trespass.ConnectionString, "select 1"));

        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_services_role_cannot_become_another(string service, string other)
    {
        await using var own = await TestDatabase.CreateAsync(service);
        foreach (var sql in new[] { $"set role {Service.Get(other).Role}", "create database loot", "create role thief", "set role postgres" })
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => QueryAsync(own.ConnectionString, sql));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
        }
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_role_is_refused_without_its_own_password(string service, string other)
    {
        await using var own = await TestDatabase.CreateAsync(service);
        await using var foreign = await TestDatabase.CreateAsync(other);
        var forged = new NpgsqlConnectionStringBuilder(foreign.ConnectionString)
        {
            Password = new NpgsqlConnectionStringBuilder(own.ConnectionString).Password,
            Pooling = false,
        };

        var refused = await Assert.ThrowsAsync<PostgresException>(() => QueryAsync(forged.ConnectionString, "select 1"));

        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task A_services_Redis_user_cannot_touch_or_see_the_keys_of_another(string service, string other)
    {
        var own = await TestRedis.CreateAsync(service);
        var foreign = await TestRedis.CreateAsync(other);
        await using var ownConnection = await ConnectionMultiplexer.ConnectAsync(own.ConnectionString + ",allowAdmin=true");
        await using var foreignConnection = await ConnectionMultiplexer.ConnectAsync(foreign.ConnectionString);
        var redis = ownConnection.GetDatabase();
        await foreignConnection.GetDatabase().StringSetAsync(foreign.KeyPrefix + "secret", "value");

        Assert.True(await redis.StringSetAsync(own.KeyPrefix + "mine", "value"));
        Assert.Equal("value", (string?)await redis.ScriptEvaluateAsync("return redis.call('get', KEYS[1])", [own.KeyPrefix + "mine"]));
        object[][] trespasses =
        [
            ["get", foreign.KeyPrefix + "secret"],
            ["set", foreign.KeyPrefix + "secret", "mine"],
            ["del", foreign.KeyPrefix + "secret"],
            ["rename", foreign.KeyPrefix + "secret", own.KeyPrefix + "loot"],
            ["eval", "return redis.call('get', KEYS[1])", "1", foreign.KeyPrefix + "secret"],
            ["eval", "return redis.call('get', '" + foreign.KeyPrefix + "secret')", "0"],
            ["scan", "0"], ["keys", "*"], ["randomkey"], ["flushall"], ["flushdb"], ["monitor"],
            ["acl", "setuser", "thief", "on", "nopass", "~*", "+@all"],
            ["config", "get", "*"], ["publish", other + ":news", "x"],
        ];
        foreach (var trespass in trespasses)
        {
            var refused = await Assert.ThrowsAsync<RedisServerException>(() => redis.ExecuteAsync((string)trespass[0], trespass[1..]));
            Assert.Matches("no permission|can't access", refused.Message);
        }

        Assert.Equal("value", (string?)await foreignConnection.GetDatabase().StringGetAsync(foreign.KeyPrefix + "secret"));
    }

    [Fact]
    public async Task Redis_serves_nobody_without_a_password()
    {
        var own = await TestRedis.CreateAsync("identity");
        var anonymous = ConfigurationOptions.Parse(own.ConnectionString);
        anonymous.User = null;
        anonymous.Password = null;
        anonymous.AbortOnConnectFail = true;
        anonymous.ConnectRetry = 1;
        anonymous.ConnectTimeout = 500;

        await Assert.ThrowsAsync<RedisConnectionException>(async () =>
        {
            await using var connection = await ConnectionMultiplexer.ConnectAsync(anonymous);
            await connection.GetDatabase().StringGetAsync(own.KeyPrefix + "mine");
        });
    }

    private static async Task QueryAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}

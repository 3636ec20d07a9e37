using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Grpc.Core;
using static DirectorySync.Identity.Tests.IdentityService;

namespace DirectorySync.Identity.Tests;

/// <summary>Writers that meet.</summary>
public sealed class UserConcurrencyTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task Of_50_parallel_creations_of_one_user_name_exactly_one_wins()
    {
        var directory = await identity.CreateDirectoryAsync();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => OutcomeAsync(() =>
            identity.CreateUserAsync(directory, i % 2 == 0 ? "ada@acme.com" : "ADA@Acme.com"))));

        Assert.Single(outcomes, ErrorReason.Unspecified);
        Assert.Equal(49, outcomes.Count(outcome => outcome == ErrorReason.UserNameTaken));
        Assert.Equal(1, (await identity.GetDirectoryAsync(directory.Id)).UserCounts.Active);
    }

    [Fact]
    public async Task A_retry_with_the_same_request_id_answers_the_same_user_even_at_the_same_time()
    {
        var directory = await identity.CreateDirectoryAsync();

        var users = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            identity.CreateUserAsync(directory.Id, Person("ada@acme.com"), "request-1")));
        var late = await identity.CreateUserAsync(directory.Id, Person("ada@acme.com"), "request-1");

        Assert.All(users, user => Assert.Equal(late, user));
        Assert.Equal(1, (await identity.Users.ListUsersAsync(new() { DirectoryId = directory.Id })).TotalSize);
        await FailsAsync(
            ErrorReason.UserNameTaken, () => identity.CreateUserAsync(directory.Id, Person("ada@acme.com"), "request-2"));
    }

    [Fact]
    public async Task A_retry_where_addresses_are_unique_answers_the_user_that_it_created()
    {
        var directory = await identity.CreateDirectoryAsync(new() { UniqueActiveEmail = true });

        var users = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ =>
            identity.CreateUserAsync(directory.Id, Person("ada@acme.com"), "request-1")));
        var late = await identity.CreateUserAsync(directory.Id, Person("ada@acme.com"), "request-1");

        Assert.All(users, user => Assert.Equal(late, user));
        var other = Person("other");
        other.Emails[0].Value = "ada@acme.com";
        await FailsAsync(ErrorReason.EmailTaken, () => identity.CreateUserAsync(directory.Id, other, "request-2"));
    }

    [Fact]
    public async Task A_retry_answers_the_user_that_it_created_whatever_became_of_the_directory_since()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = Person("ada");
        user.Emails[0].Value = "ada@acme.com";
        var created = await identity.CreateUserAsync(directory.Id, user, "request-1");

        await identity.Directories.UpdateDirectoryAsync(new()
        {
            Directory = new() { Id = directory.Id, Policies = new() { EmailEqualsUserName = true } },
            UpdateMask = { "policies.email_equals_user_name" },
        });
        Assert.Equal(created, await identity.CreateUserAsync(directory.Id, user, "request-1"));
        await FailsAsync(ErrorReason.EmailNotUserName, () => identity.CreateUserAsync(directory.Id, user, "request-2"));

        await identity.SetStateAsync(directory, DirectoryState.Disabled);
        Assert.Equal(created, await identity.CreateUserAsync(directory.Id, user, "request-1"));
        await FailsAsync(ErrorReason.DirectoryState, () => identity.CreateUserAsync(directory.Id, user, "request-2"));
    }

    [Fact]
    public async Task Parallel_patches_of_one_user_lose_nothing()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada@acme.com");

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => identity.PatchUserAsync(
            user, $$"""[{"op":"add","path":"emails","value":[{"value":"a{{i}}@acme.com","type":"t{{i}}"}]}]""")));

        var patched = await identity.GetUserAsync(user);
        Assert.Equal(41, patched.Version);
        Assert.Equal(41, patched.Emails.Count);
        var changes = await identity.ChangesAsync(User.Descriptor.FullName, user.Id);
        Assert.Equal(Enumerable.Range(1, 41).Select(i => (long)i), changes.Select(change => change.Version));
    }

    [Fact]
    public async Task A_creation_that_races_a_deletion_of_the_directory_leaves_no_orphan()
    {
        for (var round = 0; round < 5; round++)
        {
            var directory = await identity.CreateDirectoryAsync();
            var creations = Enumerable.Range(0, 30).Select(i => OutcomeAsync(() => identity.CreateUserAsync(directory, $"u{i}"))).ToList();
            await identity.Directories.DeleteDirectoryAsync(new() { Id = directory.Id });

            Assert.All(
                await Task.WhenAll(creations),
                outcome => Assert.Contains(
                    outcome, new[] { ErrorReason.Unspecified, ErrorReason.DirectoryState, ErrorReason.ResourceNotFound }));
            await identity.GoneAsync(directory);
            Assert.Equal(0, await CountAsync("users", directory.Id));
            Assert.Equal(0, await CountAsync("user_emails", directory.Id));
        }
    }

    [Fact]
    public async Task A_write_does_not_overtake_a_change_of_the_directory_that_waits()
    {
        var directory = await identity.CreateDirectoryAsync();
        var user = await identity.CreateUserAsync(directory, "ada@acme.com");
        await using var connection = await identity.Database.Source.OpenConnectionAsync();
        await using var writer = await connection.BeginTransactionAsync();
        await using (var hold = connection.CreateCommand())
        {
            hold.CommandText = "select 1 from directories where id = $1 for share";
            hold.Parameters.Add(new() { Value = directory.Id });
            await hold.ExecuteScalarAsync();
        }

        var disabling = identity.SetStateAsync(directory, DirectoryState.Disabled);
        await Eventually.True(async () => await WaitingAsync() == 1, what: "the change of the directory waits");
        Task<ErrorReason>[] writes =
        [
            OutcomeAsync(() => identity.CreateUserAsync(directory, "grace@acme.com")),
            OutcomeAsync(() => identity.PatchUserAsync(user, """[{"op":"replace","value":{"active":false}}]""")),
            OutcomeAsync(async () => await identity.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = user.Id })),
        ];
        await Eventually.True(async () => await WaitingAsync() == 4, what: "the writes wait behind it");
        await writer.CommitAsync();

        Assert.Equal(DirectoryState.Disabled, (await disabling).State);
        Assert.All(await Task.WhenAll(writes), outcome => Assert.Equal(ErrorReason.DirectoryState, outcome));
        Assert.Equal(user, await identity.GetUserAsync(user));
        Assert.Equal(1, await CountAsync("users", directory.Id));
    }

    [Fact]
    public async Task Counts_are_exact_at_every_moment_of_parallel_writes_and_folding()
    {
        var directory = await identity.CreateDirectoryAsync();
        await using var other = identity.StartReplica();
        using var done = new CancellationTokenSource();
        var watcher = Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                // One statement, one snapshot: what the rows say and what the counts say.
                var (rows, counted) = await identity.Database.Sql($"""
                    select (select count(*) from users where directory_id = {directory.Id}),
                      (select coalesce(sum(active + inactive), 0)::bigint from user_counts where directory_id = {directory.Id})
                    """).SingleAsync(row => (row.GetInt64(0), row.GetInt64(1)), CancellationToken.None);
                Assert.Equal(rows, counted);
            }
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            for (var i = 0; i < 25; i++)
            {
                var user = await identity.CreateUserAsync(directory, $"u{writer}-{i}");
                if (i % 3 == 0)
                {
                    await identity.PatchUserAsync(user, """[{"op":"replace","value":{"active":false}}]""");
                }
                else if (i % 5 == 0)
                {
                    await other.Users.DeleteUserAsync(new() { DirectoryId = directory.Id, Id = user.Id });
                }
            }
        }));
        await done.CancelAsync();
        await watcher;

        var counts = (await identity.GetDirectoryAsync(directory.Id)).UserCounts;
        Assert.Equal(new UserCounts { Active = 8 * 13, Inactive = 8 * 9 }, counts);
        await Eventually.True(async () => await CountAsync("user_counts", directory.Id) <= 20, what: "the counts are folded");
        Assert.Equal(counts, (await identity.GetDirectoryAsync(directory.Id)).UserCounts);
    }

    private Task<long> WaitingAsync() => identity.Database.Sql($"""
        select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
        """).SingleAsync(row => row.GetInt64(0), CancellationToken.None);

    private Task<long> CountAsync(string table, string directoryId) => (table switch
    {
        "users" => identity.Database.Sql($"select count(*) from users where directory_id = {directoryId}"),
        "user_emails" => identity.Database.Sql($"select count(*) from user_emails where directory_id = {directoryId}"),
        _ => identity.Database.Sql($"select count(*) from user_counts where directory_id = {directoryId}"),
    }).SingleAsync(row => row.GetInt64(0), CancellationToken.None);

    private static async Task<ErrorReason> OutcomeAsync(Func<Task> call)
    {
        try
        {
            await call();
            return ErrorReason.Unspecified;
        }
        catch (RpcException e)
        {
            return e.Reason();
        }
    }
}

using DirectorySync.Errors.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using static DirectorySync.Identity.Tests.IdentityService;

namespace DirectorySync.Identity.Tests;

/// <summary>SCIM tokens and API keys.</summary>
public sealed class CredentialTests(IdentityService identity) : IClassFixture<IdentityService>
{
    [Fact]
    public async Task A_token_opens_its_directory_by_key_and_by_every_label_it_ever_had()
    {
        var directory = await identity.CreateDirectoryAsync();
        await LabelAsync(directory, "token-label-1");
        await LabelAsync(directory, "token-label-2");
        var token = await CreateTokenAsync(directory);

        Assert.Matches("^scim_[A-Za-z0-9_-]{43}$", token.Secret);
        Assert.Equal(token.Secret[^4..], token.ScimToken.Suffix);
        foreach (var endpoint in new[] { directory.EndpointKey, directory.EndpointKey.ToUpperInvariant(), "token-label-1", "Token-Label-2" })
        {
            var resolved = await ResolveAsync(endpoint, token.Secret);
            Assert.Equal((directory.Id, token.ScimToken.Id), (resolved.Directory.Id, resolved.TokenId));
        }
    }

    [Fact]
    public async Task Whatever_is_wrong_with_a_token_the_answer_is_the_same()
    {
        var (directory, other) = (await identity.CreateDirectoryAsync(), await identity.CreateDirectoryAsync());
        var (token, foreign, revoked) =
            (await CreateTokenAsync(directory), await CreateTokenAsync(other), await CreateTokenAsync(directory));
        await identity.Credentials.RevokeScimTokenAsync(new() { DirectoryId = directory.Id, Id = revoked.ScimToken.Id });

        var errors = new[]
        {
            await RefusedAsync("no-such-endpoint", token.Secret),
            await RefusedAsync("", token.Secret),
            await RefusedAsync("a\0b", token.Secret),
            await RefusedAsync(directory.EndpointKey, "guess"),
            await RefusedAsync(directory.EndpointKey, foreign.Secret),
            await RefusedAsync(directory.EndpointKey, revoked.Secret),
            await FailsAsync(ErrorReason.InvalidCredentials, async () => await identity.Credentials.ResolveTokenAsync(
                new() { Endpoint = directory.EndpointKey, SecretHash = ByteString.CopyFromUtf8("short") })),
            await FailsAsync(ErrorReason.InvalidCredentials, async () => await identity.Credentials.ResolveApiKeyAsync(
                new() { SecretHash = HashOf(token.Secret) })),
        };

        Assert.Single(errors.Select(error => (error.StatusCode, error.Status.Detail)).Distinct());
        await ResolveAsync(directory.EndpointKey, token.Secret);
    }

    [Fact]
    public async Task A_directory_being_deleted_is_closed_and_a_disabled_one_is_named()
    {
        var directory = await identity.CreateDirectoryAsync();
        var token = await CreateTokenAsync(directory);
        await identity.SetStateAsync(directory, DirectoryState.Disabled);

        Assert.Equal(DirectoryState.Disabled, (await ResolveAsync(directory.EndpointKey, token.Secret)).Directory.State);
        await identity.Directories.DeleteDirectoryAsync(new() { Id = directory.Id });
        await RefusedAsync(directory.EndpointKey, token.Secret);
    }

    [Fact]
    public async Task Tokens_and_keys_expire()
    {
        var time = new ShiftedTime();
        await using var shifted = identity.StartReplica(builder => builder.ConfigureTestServices(
            services => services.AddSingleton<TimeProvider>(time)));
        var directory = await identity.CreateDirectoryAsync(new() { TokenLifetimeDays = 30 });
        var token = await CreateTokenAsync(directory);
        var key = await identity.Credentials.CreateApiKeyAsync(new()
        {
            Name = "x", Scopes = { ApiKeyScope.Read }, ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(30)),
        });
        Assert.InRange(token.ScimToken.ExpireTime.ToDateTimeOffset(), DateTimeOffset.UtcNow.AddDays(29.9), DateTimeOffset.UtcNow.AddDays(30.1));
        Assert.DoesNotContain(await identity.ProblemsAsync(directory.Id), problem => problem.Code == "TOKEN_EXPIRES_SOON");

        time.Shift = TimeSpan.FromDays(29);
        await shifted.Credentials.ResolveTokenAsync(new() { Endpoint = directory.EndpointKey, SecretHash = HashOf(token.Secret) });
        await shifted.Credentials.ResolveApiKeyAsync(new() { SecretHash = HashOf(key.Secret) });
        var soon = await shifted.Directories.ListProblemsAsync(new() { DirectoryId = directory.Id });
        Assert.Contains(soon.Problems, problem => problem.Code == "TOKEN_EXPIRES_SOON" && problem.Detail.Contains(token.ScimToken.Suffix));

        time.Shift = TimeSpan.FromDays(31);
        await FailsAsync(ErrorReason.InvalidCredentials, async () => await shifted.Credentials.ResolveTokenAsync(
            new() { Endpoint = directory.EndpointKey, SecretHash = HashOf(token.Secret) }));
        await FailsAsync(ErrorReason.InvalidCredentials, async () => await shifted.Credentials.ResolveApiKeyAsync(
            new() { SecretHash = HashOf(key.Secret) }));
        await FailsAsync(ErrorReason.InvalidValue, async () => await identity.Credentials.CreateScimTokenAsync(
            new() { DirectoryId = directory.Id, ExpireTime = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(-1)) }));
    }

    [Fact]
    public async Task Contact_is_seen_at_once_and_use_and_failures_soon()
    {
        var directory = await identity.CreateDirectoryAsync();
        var token = await CreateTokenAsync(directory);

        await RefusedAsync(directory.EndpointKey, "guess");
        await Eventually.True(async () => await StateAsync(directory) == ConnectionState.FailingCredentials);
        Assert.Contains(await identity.ProblemsAsync(directory.Id), problem => problem.Code == "FAILING_CREDENTIALS");

        await ResolveAsync(directory.EndpointKey, token.Secret);
        Assert.Equal(ConnectionState.Tested, await StateAsync(directory));
        var problem = Assert.Single(await identity.ProblemsAsync(directory.Id));
        Assert.Equal("NO_USERS_RECEIVED", problem.Code);
        Assert.Contains("Assignments tab", problem.Remedy, StringComparison.Ordinal);

        await identity.CreateUserAsync(directory, "ada@acme.com");
        Assert.Equal(ConnectionState.Connected, await StateAsync(directory));
        Assert.Empty(await identity.ProblemsAsync(directory.Id));
        var used = await Eventually.Get(
            async () => (await identity.Credentials.ListScimTokensAsync(new() { DirectoryId = directory.Id })).ScimTokens[0],
            listed => listed.LastUseTime is not null);
        Assert.Equal(0, used.LastUseTime.Seconds % 60);

        await RefusedAsync(directory.EndpointKey, "guess");
        await Eventually.True(async () => await StateAsync(directory) == ConnectionState.FailingCredentials);
    }

    [Fact]
    public async Task What_was_seen_is_written_when_the_process_ends()
    {
        var directory = await identity.CreateDirectoryAsync();
        var token = await CreateTokenAsync(directory);
        await using (var ending = identity.StartReplica(builder => builder.UseSetting("Identity:UseFlushSeconds", "60")))
        {
            await ending.Credentials.ResolveTokenAsync(new() { Endpoint = directory.EndpointKey, SecretHash = HashOf(token.Secret) });
        }

        var listed = await identity.Credentials.ListScimTokensAsync(new() { DirectoryId = directory.Id });
        Assert.NotNull(listed.ScimTokens[0].LastUseTime);
    }

    [Fact]
    public async Task What_was_being_written_when_the_process_ends_is_not_lost()
    {
        var directory = await identity.CreateDirectoryAsync();
        var token = await CreateTokenAsync(directory);
        var ending = identity.StartReplica();
        await using var connection = await identity.Database.Source.OpenConnectionAsync();
        await using var other = await connection.BeginTransactionAsync();
        await using (var hold = connection.CreateCommand())
        {
            hold.CommandText = "select 1 from scim_tokens where directory_id = $1 for update";
            hold.Parameters.Add(new() { Value = directory.Id });
            await hold.ExecuteScalarAsync();
        }

        await ending.Credentials.ResolveTokenAsync(new() { Endpoint = directory.EndpointKey, SecretHash = HashOf(token.Secret) });
        var flush = await Eventually.Get(WaitingAsync, waiting => waiting is not null, what: "the write waits");
        var stopping = ending.DisposeAsync().AsTask();
        await Eventually.True(async () => await WaitingAsync() != flush, what: "the write is cancelled");
        await other.CommitAsync();
        await stopping;

        var listed = await identity.Credentials.ListScimTokensAsync(new() { DirectoryId = directory.Id });
        Assert.NotNull(listed.ScimTokens[0].LastUseTime);
    }

    [Fact]
    public async Task A_silent_directory_is_listed()
    {
        var time = new ShiftedTime();
        await using var shifted = identity.StartReplica(builder => builder.ConfigureTestServices(
            services => services.AddSingleton<TimeProvider>(time)));
        var directory = await identity.CreateDirectoryAsync();
        await ResolveAsync(directory.EndpointKey, (await CreateTokenAsync(directory)).Secret);
        await identity.CreateUserAsync(directory, "ada@acme.com");
        Assert.Empty(await identity.ProblemsAsync(directory.Id));

        time.Shift = TimeSpan.FromDays(8);

        var problem = Assert.Single((await shifted.Directories.ListProblemsAsync(new() { DirectoryId = directory.Id })).Problems);
        Assert.Equal("SILENT", problem.Code);
    }

    [Fact]
    public async Task A_token_is_shown_once_and_a_retry_after_the_answer_says_so()
    {
        var directory = await identity.CreateDirectoryAsync();
        var request = new CreateScimTokenRequest { DirectoryId = directory.Id, Name = " Okta ", RequestId = "token-1" };

        var created = await identity.Credentials.CreateScimTokenAsync(request);
        var error = await FailsAsync(ErrorReason.RequestIdUsed, async () => await identity.Credentials.CreateScimTokenAsync(request));

        Assert.Equal(StatusCode.AlreadyExists, error.StatusCode);
        Assert.Equal("Okta", created.ScimToken.Name);
        Assert.Equal([created.ScimToken], (await identity.Credentials.ListScimTokensAsync(new() { DirectoryId = directory.Id })).ScimTokens);
        var kept = await identity.Database.Sql($"select data from scim_tokens where directory_id = {directory.Id}")
            .SingleAsync(row => row.GetFieldValue<byte[]>(0), default);
        Assert.DoesNotContain(created.Secret, System.Text.Encoding.UTF8.GetString(kept), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_told_when_it_is_created_and_when_it_is_revoked_once()
    {
        var directory = await identity.CreateDirectoryAsync();
        var token = (await CreateTokenAsync(directory)).ScimToken;

        var revoked = await identity.Credentials.RevokeScimTokenAsync(new() { DirectoryId = directory.Id, Id = token.Id });
        var again = await identity.Credentials.RevokeScimTokenAsync(new() { DirectoryId = directory.Id, Id = token.Id });

        Assert.Equal(revoked, again);
        Assert.Equal([1L, 2L], (await identity.ChangesAsync(ScimToken.Descriptor.FullName, token.Id)).Select(change => change.Version));
    }

    [Fact]
    public async Task A_key_says_what_it_may_do_until_it_is_revoked()
    {
        var organization = await identity.CreateOrganizationAsync();
        var created = await identity.Credentials.CreateApiKeyAsync(new()
        {
            Name = "backend", Scopes = { ApiKeyScope.Write, ApiKeyScope.Read, ApiKeyScope.Write }, OrganizationId = organization.Id,
        });

        Assert.StartsWith("sk_", created.Secret, StringComparison.Ordinal);
        var resolved = (await identity.Credentials.ResolveApiKeyAsync(new() { SecretHash = HashOf(created.Secret) })).ApiKey;
        Assert.Equal([ApiKeyScope.Read, ApiKeyScope.Write], resolved.Scopes);
        Assert.Equal(organization.Id, resolved.OrganizationId);

        await identity.Credentials.RevokeApiKeyAsync(new() { Id = created.ApiKey.Id });
        await FailsAsync(ErrorReason.InvalidCredentials, async () => await identity.Credentials.ResolveApiKeyAsync(
            new() { SecretHash = HashOf(created.Secret) }));
        Assert.Contains(
            (await identity.Credentials.ListApiKeysAsync(new())).ApiKeys, key => key.Id == created.ApiKey.Id && key.RevokeTime is not null);
        await FailsAsync(ErrorReason.InvalidValue, async () => await identity.Credentials.CreateApiKeyAsync(new() { Name = "none" }));
        await FailsAsync(ErrorReason.ResourceNotFound, async () => await identity.Credentials.CreateApiKeyAsync(
            new() { Name = "x", Scopes = { ApiKeyScope.Read }, OrganizationId = "nobody" }));
    }

    // Which transaction waits for a lock.
    private Task<string?> WaitingAsync() => identity.Database.Sql($"""
        select pid || ' ' || xact_start from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' limit 1
        """).FindAsync(row => row.GetString(0), default);

    private async Task<ConnectionState> StateAsync(Directory directory) => (await identity.GetDirectoryAsync(directory.Id)).Connection.State;

    private async Task<CreateScimTokenResponse> CreateTokenAsync(Directory directory) =>
        await identity.Credentials.CreateScimTokenAsync(new() { DirectoryId = directory.Id });

    private async Task<ResolveTokenResponse> ResolveAsync(string endpoint, string secret) =>
        await identity.Credentials.ResolveTokenAsync(new() { Endpoint = endpoint, SecretHash = HashOf(secret) });

    private Task<RpcException> RefusedAsync(string endpoint, string secret) =>
        FailsAsync(ErrorReason.InvalidCredentials, () => ResolveAsync(endpoint, secret));

    private async Task LabelAsync(Directory directory, string label) => await identity.Directories.UpdateDirectoryAsync(new()
    {
        Directory = new() { Id = directory.Id, EndpointLabel = label }, UpdateMask = { "endpoint_label" },
    });
}

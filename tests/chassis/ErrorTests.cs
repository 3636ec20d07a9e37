using System.Net.Sockets;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Feed.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Npgsql;

namespace DirectorySync.Chassis.Tests;

public sealed class ErrorTests(ErrorTests.ThrowingHost host) : IClassFixture<ErrorTests.ThrowingHost>
{
    public static TheoryData<ErrorReason> Reasons => [.. Enum.GetValues<ErrorReason>().Where(reason => reason != ErrorReason.Unspecified)];

    [Theory]
    [MemberData(nameof(Reasons))]
    public async Task Every_reason_arrives_as_it_was_thrown(ErrorReason reason)
    {
        var error = await ThrowAsync(() => throw reason.ToRpc("What happened: ü.", ("attribute", "userName"), ("remedy", "Do this.")));

        Assert.Equal(reason, error.Reason());
        Assert.Equal((StatusCode)RpcErrors.CodeOf(reason), error.StatusCode);
        Assert.Equal("What happened: ü.", error.Status.Detail);
        Assert.Equal("userName", error.FindMetadata("attribute"));
        Assert.Equal("Do this.", error.FindMetadata("remedy"));
        Assert.Null(error.FindMetadata("value"));
    }

    [Fact]
    public void Every_reason_has_a_code_of_its_own_choosing() => Assert.Equal(
        [ErrorReason.Unspecified, ErrorReason.Internal],
        Enum.GetValues<ErrorReason>().Where(reason => RpcErrors.CodeOf(reason) == Google.Rpc.Code.Internal));

    [Fact]
    public async Task What_nobody_foresaw_is_internal_and_says_nothing()
    {
        var error = await ThrowAsync(() => throw new InvalidOperationException("secret"));

        Assert.Equal((StatusCode.Internal, ErrorReason.Internal), (error.StatusCode, error.Reason()));
        Assert.DoesNotContain("secret", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(host.Lines, line => line.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_is_away_is_unavailable()
    {
        foreach (var exception in new Exception[]
        {
            new NpgsqlException("down", new SocketException(10061)), new TimeoutException(),
            new PostgresException("stopping", "FATAL", "FATAL", PostgresErrorCodes.AdminShutdown),
            new PostgresException("full", "FATAL", "FATAL", PostgresErrorCodes.TooManyConnections),
        })
        {
            var error = await ThrowAsync(() => throw exception);

            Assert.Equal((StatusCode.Unavailable, ErrorReason.StoreUnavailable), (error.StatusCode, error.Reason()));
        }
    }

    [Fact]
    public async Task An_error_without_details_has_no_reason()
    {
        var error = await ThrowAsync(() => throw new RpcException(new Status(StatusCode.NotFound, "bare")));

        Assert.Equal((StatusCode.NotFound, ErrorReason.Unspecified), (error.StatusCode, error.Reason()));
        Assert.Null(error.FindMetadata("attribute"));
    }

    private async Task<RpcException> ThrowAsync(Action throwing)
    {
        ThrowingHost.Current = throwing;
        return await Assert.ThrowsAsync<RpcException>(async () => await host.Client.RegisterConsumerAsync(new()));
    }

    /// <summary>A service that does nothing but fail.</summary>
    public sealed class ThrowingHost : IAsyncLifetime
    {
        private ThingDatabase things = null!;
        private TestHost host = null!;

        public static Action Current { get; set; } = () => { };

        public ChangeFeedService.ChangeFeedServiceClient Client => host.Feed;

        public IReadOnlyCollection<string> Lines => host.Log.Lines;

        public async Task InitializeAsync()
        {
            things = await ThingDatabase.CreateAsync();
            host = await TestHost.StartAsync(things.ConnectionString, _ => { }, app => app.MapGrpcService<ThrowingRpc>());
        }

        public async Task DisposeAsync()
        {
            await host.DisposeAsync();
            await things.DisposeAsync();
        }
    }

    /// <summary>Throws what the test wants thrown.</summary>
    public sealed class ThrowingRpc : ChangeFeedService.ChangeFeedServiceBase
    {
        public override Task<RegisterConsumerResponse> RegisterConsumer(RegisterConsumerRequest request, ServerCallContext context)
        {
            ThrowingHost.Current();
            return Task.FromResult(new RegisterConsumerResponse());
        }
    }
}

using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Gateway.Calls;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Tests.Calls;

public sealed class ServiceCallsTests
{
    private static readonly RpcException Away = new(new Status(StatusCode.Unavailable, "refused"));

    private readonly ServiceCalls calls = new(
        Options.Create(new GatewayOptions { RetryWindow = TimeSpan.FromMilliseconds(300) }), TimeProvider.System,
        NullLogger<ServiceCalls>.Instance);

    [Fact]
    public async Task A_service_that_comes_back_within_the_window_is_not_noticed()
    {
        var patient = new ServiceCalls(
            Options.Create(new GatewayOptions { RetryWindow = TimeSpan.FromSeconds(30) }), TimeProvider.System, NullLogger<ServiceCalls>.Instance);
        var attempts = 0;

        var answer = await patient.SendAsync(new DefaultHttpContext(), _ => ++attempts < 3 ? throw Away : Task.FromResult("here"));

        Assert.Equal("here", answer);
        Assert.Equal(3, attempts);
    }

    [Fact]
    public async Task The_window_ends_and_belongs_to_the_request_not_to_each_call()
    {
        var http = new DefaultHttpContext();
        await Assert.ThrowsAsync<RpcException>(() => calls.SendAsync<string>(http, _ => throw Away));
        var attempts = 0;

        await Assert.ThrowsAsync<RpcException>(() => calls.SendAsync<string>(http, _ =>
        {
            attempts++;
            throw Away;
        }));

        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task A_service_that_came_back_may_be_away_again()
    {
        var http = new DefaultHttpContext();
        var request = RequestTime.Of(http, TimeProvider.System);
        var attempts = 0;

        await calls.SendAsync(http, _ => ++attempts == 1 ? throw Away : Task.FromResult(0));

        Assert.Equal(long.MaxValue, request.NoteAway(long.MaxValue));
        Assert.Equal(long.MaxValue, request.NoteAway(1));
    }

    [Fact]
    public void Calls_that_meet_an_absence_at_once_agree_since_when_it_is()
    {
        var request = new RequestTime(1);

        Assert.Single(Enumerable.Range(1, 1000).AsParallel().Select(now => request.NoteAway(now)).Distinct());
    }

    [Fact]
    public async Task What_a_service_has_decided_is_not_asked_again()
    {
        var attempts = 0;

        await Assert.ThrowsAsync<RpcException>(() => calls.SendAsync<string>(new DefaultHttpContext(), _ =>
        {
            attempts++;
            throw ErrorReason.UserNameTaken.ToRpc("taken");
        }));

        Assert.Equal(1, attempts);
    }

    [Fact]
    public async Task A_call_carries_the_request_id_and_a_deadline()
    {
        var http = new DefaultHttpContext { TraceIdentifier = "r-1" };

        await calls.SendAsync(http, options =>
        {
            Assert.Equal("r-1", options.Headers!.GetValue("x-request-id"));
            Assert.InRange(options.Deadline!.Value, DateTime.UtcNow.AddSeconds(5), DateTime.UtcNow.AddSeconds(11));
            return Task.FromResult(0);
        });
    }

    [Fact]
    public async Task The_calls_of_a_request_share_its_time()
    {
        var http = new DefaultHttpContext();
        var hurried = new ServiceCalls(
            Options.Create(new GatewayOptions { RequestTimeout = TimeSpan.FromMilliseconds(200), RetryWindow = TimeSpan.FromSeconds(30) }),
            TimeProvider.System, NullLogger<ServiceCalls>.Instance);
        var deadlines = new List<DateTime>();
        var started = System.Diagnostics.Stopwatch.GetTimestamp();

        await Assert.ThrowsAsync<RpcException>(() => hurried.SendAsync<string>(http, options =>
        {
            deadlines.Add(options.Deadline!.Value);
            throw Away;
        }));

        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(5));
        Assert.True(deadlines.Count > 1);
        Assert.True(deadlines.Max() - deadlines.Min() < TimeSpan.FromMilliseconds(100));
        Assert.True(hurried.Left(http) < TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public async Task A_long_call_that_ran_into_its_own_deadline_is_not_repeated()
    {
        var attempts = 0;

        await Assert.ThrowsAsync<RpcException>(() => calls.SendAsync<string>(
            new DefaultHttpContext(),
            _ =>
            {
                attempts++;
                throw new RpcException(new Status(StatusCode.DeadlineExceeded, ""));
            },
            TimeSpan.FromSeconds(50)));

        Assert.Equal(1, attempts);
    }

    [Theory]
    [InlineData(StatusCode.Unavailable, true)]
    [InlineData(StatusCode.DeadlineExceeded, true)]
    [InlineData(StatusCode.Cancelled, true)]
    [InlineData(StatusCode.Internal, false)]
    [InlineData(StatusCode.NotFound, false)]
    public void The_transports_own_errors_pass_by_themselves(StatusCode status, bool isAway) =>
        Assert.Equal(isAway, ServiceCalls.IsAway(new RpcException(new Status(status, ""))));

    [Fact]
    public void A_connection_that_broke_in_the_middle_is_a_service_that_is_away() => Assert.True(ServiceCalls.IsAway(
        new RpcException(new Status(StatusCode.Internal, "", new IOException("reset")))));

    [Fact]
    public void A_store_that_is_away_is_a_service_that_is_away() =>
        Assert.True(ServiceCalls.IsAway(ErrorReason.StoreUnavailable.ToRpc("away")));

    [Fact]
    public async Task A_deletion_that_an_attempt_without_an_answer_has_done_is_done()
    {
        var attempts = 0;

        await Deletion.SendAsync<string>(calls, new DefaultHttpContext(), _ =>
            throw (++attempts == 1 ? Away : ErrorReason.ResourceNotFound.ToRpc("gone")));

        Assert.Equal(2, attempts);
        await Assert.ThrowsAsync<RpcException>(() => Deletion.SendAsync<string>(
            calls, new DefaultHttpContext(), _ => throw ErrorReason.ResourceNotFound.ToRpc("never there")));
    }

    [Fact]
    public async Task A_write_that_an_attempt_without_an_answer_may_have_done_is_not_said_to_have_failed()
    {
        var attempts = 0;

        var error = await Assert.ThrowsAsync<RpcException>(() => calls.SendAsync<string>(
            new DefaultHttpContext(), _ => throw (++attempts == 1 ? Away : ErrorReason.EtagMismatch.ToRpc("moved"))));

        Assert.Equal(2, attempts);
        Assert.True(ServiceCalls.IsAway(error));
        error = await Assert.ThrowsAsync<RpcException>(() => calls.SendAsync<string>(
            new DefaultHttpContext(), _ => throw ErrorReason.EtagMismatch.ToRpc("moved")));
        Assert.Equal(ErrorReason.EtagMismatch, error.Reason());
    }
}

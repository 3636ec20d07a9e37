using System.Text;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim;
using DirectorySync.Gateway.Scim.Bulk;
using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Tests.Scim.Bulk;

/// <summary>The time of a bulk request is that of any request.</summary>
public sealed class BulkRunTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public async Task When_time_is_over_what_was_done_is_told_and_so_is_what_was_not_begun()
    {
        // Begun at 0, 6, 12, 18 and 24 s; with 30 s over no more is begun.
        var results = await RunAsync(TimeSpan.FromSeconds(6), operations: 9);

        Assert.Equal([.. Enumerable.Repeat(200, 5), .. Enumerable.Repeat(429, 4)], results.Select(result => result!.Status));
        Assert.Equal([1L, 2L, 3L, 4L, 5L], results.Take(5).Select(result => result!.Version!.Value));
        Assert.All(results.Skip(5), result => Assert.Contains("not tried", result!.Error!.Detail, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_operation_that_would_begin_too_late_to_know_its_end_is_not_begun() =>
        Assert.Equal([200, 429], (await RunAsync(TimeSpan.FromSeconds(28), operations: 2)).Select(result => result!.Status));

    private async Task<IReadOnlyList<BulkResult?>> RunAsync(TimeSpan each, int operations)
    {
        var options = Options.Create(new GatewayOptions { RequestTimeout = TimeSpan.FromSeconds(30) });
        var calls = new ServiceCalls(options, time, NullLogger<ServiceCalls>.Instance);
        var directory = new Directory { Id = "d", Provider = Provider.Okta };
        var http = new DefaultHttpContext();
        http.Features.Set(new ScimScope(directory, "https://example.com/scim/v2/d", DirectorySchemas.Of(directory)));
        _ = RequestTime.Of(http, time);
        var patch = """{"method":"PATCH","path":"/Users/u","data":{"Operations":[{"op":"replace","path":"title","value":"t"}]}}""";
        using var body = ScimJson.ParseMessage(Encoding.UTF8.GetBytes(
            $$"""{"schemas":["{{BulkRequest.Schema}}"],"Operations":[{{string.Join(',', Enumerable.Repeat(patch, operations))}}]}"""));
        var users = new UserWrites(new SlowUsers(time, each), null!, null!, calls, NullLogger<UserWrites>.Instance);
        return await new BulkRun(
            http, BulkRequest.Read(body.RootElement, DirectorySchemas.Of(directory)), new BulkWrites(users, null!), calls, new ScimErrors(options),
            NullLogger<BulkRun>.Instance).DoAsync();
    }

    /// <summary>Takes its time for every patch.</summary>
    private sealed class SlowUsers(FakeTimeProvider time, TimeSpan each) : UserService.UserServiceClient
    {
        private long version;

        public override AsyncUnaryCall<PatchUserResponse> PatchUserAsync(PatchUserRequest request, CallOptions options)
        {
            time.Advance(each);
            return new(
                Task.FromResult(new PatchUserResponse { User = new() { Id = request.Id, Version = ++version } }), Task.FromResult(new Metadata()),
                () => Status.DefaultSuccess, () => [], () => { });
        }
    }
}

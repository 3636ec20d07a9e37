using DirectorySync.Gateway.Calls;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>
/// Groups travel as streams, so that 100,000 members pass in bounded memory. A write that is tried again starts over from the kept body.
/// </summary>
internal sealed class GroupStreams(GroupService.GroupServiceClient groups, ServiceCalls calls, IOptions<GatewayOptions> options)
{
    public async Task<(Group Group, bool HasMembers)> CreateAsync(HttpContext http, CreateGroupRequest first, GroupBody body)
    {
        var hasMembers = false;
        var answer = await calls.SendAsync(
            http,
            async call =>
            {
                using var stream = groups.CreateGroup(call);
                var message = first.Clone();
                foreach (var batch in body.Members())
                {
                    hasMembers = true;
                    message.Members.Add(batch);
                    await WriteAsync(stream, message);
                    message = new();
                }

                return await EndAsync(stream, message.Group is null ? null : message);
            },
            options.Value.GroupCallTimeout);
        return (answer.Group, hasMembers);
    }

    public async Task<(Group Group, bool HasMembers)> ReplaceAsync(HttpContext http, ReplaceGroupRequest first, GroupBody body)
    {
        var hasMembers = false;
        var answer = await calls.SendAsync(
            http,
            async call =>
            {
                using var stream = groups.ReplaceGroup(call);
                var message = first.Clone();
                foreach (var batch in body.Members())
                {
                    hasMembers = true;
                    message.Members.Add(batch);
                    await WriteAsync(stream, message);
                    message = new();
                }

                return await EndAsync(stream, message.Group is null ? null : message);
            },
            options.Value.GroupCallTimeout);
        return (answer.Group, hasMembers);
    }

    public async Task<Group> PatchAsync(HttpContext http, PatchGroupRequest first, GroupPatchBody body)
    {
        var answer = await calls.SendAsync(
            http,
            async call =>
            {
                using var stream = groups.PatchGroup(call);
                var message = first.Clone();
                var members = 0;
                foreach (var operation in body.Operations())
                {
                    var more = operation.Members?.Members.Count ?? 0;
                    if (members + more > PatchLimits.MemberBatch || message.Operations.Count == PatchLimits.Operations)
                    {
                        await WriteAsync(stream, message);
                        message = new();
                        members = 0;
                    }

                    message.Operations.Add(operation);
                    members += more;
                }

                return await EndAsync(stream, message);
            },
            options.Value.GroupCallTimeout);
        return answer.Group;
    }

    /// <summary>Opens a group with its members, from one snapshot. The caller disposes it.</summary>
    public Task<OpenGroup> ReadAsync(HttpContext http, string id) => calls.SendAsync(
        http,
        call => OpenGroup.StartAsync(groups.ReadGroup(new() { DirectoryId = ScimScope.Of(http).DirectoryId, Id = id }, call)),
        options.Value.GroupCallTimeout);

    /// <summary>The same, asked once, with so many members at most (0: all).</summary>
    public Task<OpenGroup> TryReadAsync(HttpContext http, string id, int maxMembers) => calls.TryAsync(
        http,
        call => OpenGroup.StartAsync(
            groups.ReadGroup(new() { DirectoryId = ScimScope.Of(http).DirectoryId, Id = id, MaxMembers = maxMembers }, call)),
        options.Value.GroupCallTimeout);

    /// <summary>Opens the members of several groups, in the order of their ids. The caller disposes it.</summary>
    public Task<OpenMembers> ReadMembersAsync(HttpContext http, IEnumerable<string> ids)
    {
        var request = new ListMembersRequest { DirectoryId = ScimScope.Of(http).DirectoryId, GroupIds = { ids } };
        return calls.SendAsync(
            http, call => OpenMembers.StartAsync(groups.ListMembers(request, call)), options.Value.GroupCallTimeout);
    }

    private static async Task WriteAsync<TRequest, TResponse>(AsyncClientStreamingCall<TRequest, TResponse> call, TRequest message)
        where TRequest : class
    {
        try
        {
            await call.RequestStream.WriteAsync(message);
        }
        catch (InvalidOperationException)
        {
            // The service has answered before the end of the stream; the answer says why.
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // The stream broke under the message. It must not be ended, as if that were all: the answer says why, or there is none.
            await call.ResponseAsync;
            throw new RpcException(new Status(StatusCode.Unavailable, "The service was away while it was written to.", e));
        }
    }

    private static async Task<TResponse> EndAsync<TRequest, TResponse>(AsyncClientStreamingCall<TRequest, TResponse> call, TRequest? last)
        where TRequest : class
    {
        if (last is not null)
        {
            await WriteAsync(call, last);
        }

        await call.RequestStream.CompleteAsync();
        return await call.ResponseAsync;
    }
}

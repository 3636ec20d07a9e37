using DirectorySync.GroupMembership.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>A group whose members are still on their way.</summary>
internal sealed class OpenGroup(AsyncServerStreamingCall<ReadGroupResponse> call) : IDisposable
{
    public Group Group => call.ResponseStream.Current.Group;

    /// <summary>Members that came with the group: all of them, unless there are thousands.</summary>
    public int FirstMembers => call.ResponseStream.Current.Members.Count;

    /// <summary>Returns once the group itself has arrived, so that a service that is away can be tried again.</summary>
    public static async Task<OpenGroup> StartAsync(AsyncServerStreamingCall<ReadGroupResponse> call)
    {
        try
        {
            return await call.ResponseStream.MoveNext(CancellationToken.None)
                ? new OpenGroup(call)
                : throw new InvalidOperationException("A group was answered without a message.");
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    /// <summary>Batches of members, to be read once.</summary>
    public async IAsyncEnumerable<IReadOnlyList<Member>> MembersAsync()
    {
        do
        {
            yield return call.ResponseStream.Current.Members;
        }
        while (await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    public void Dispose() => call.Dispose();
}

/// <summary>Members of several groups, still on their way.</summary>
internal sealed class OpenMembers(AsyncServerStreamingCall<ListMembersResponse> call, bool hasMore) : IDisposable
{
    private bool hasMore = hasMore;

    public static async Task<OpenMembers> StartAsync(AsyncServerStreamingCall<ListMembersResponse> call)
    {
        try
        {
            return new OpenMembers(call, await call.ResponseStream.MoveNext(CancellationToken.None));
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }

    /// <summary>Batches of the group's members. Groups are asked for in the order in which they were named.</summary>
    public async IAsyncEnumerable<IReadOnlyList<Member>> OfAsync(string groupId)
    {
        while (hasMore && call.ResponseStream.Current.GroupId == groupId)
        {
            yield return call.ResponseStream.Current.Members;
            hasMore = await call.ResponseStream.MoveNext(CancellationToken.None);
        }
    }

    public void Dispose() => call.Dispose();
}

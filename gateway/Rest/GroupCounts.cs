using DirectorySync.Gateway.Calls;
using DirectorySync.GroupMembership.V1;
using Grpc.Core;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>How many groups directories have. Nice to have: a directory can be read, and stopped, while group-membership is away.</summary>
internal sealed class GroupCounts(GroupService.GroupServiceClient groups, ServiceCalls calls, ILogger<GroupCounts> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Null: not known at the moment.</summary>
    public async Task<CountGroupsResponse?> CountAsync(HttpContext http, IEnumerable<string> ids)
    {
        var request = new CountGroupsRequest { DirectoryIds = { ids } };
        if (request.DirectoryIds.Count == 0)
        {
            return null;
        }

        try
        {
            return await calls.TryAsync(http, call => groups.CountGroupsAsync(request, call).ResponseAsync, Patience);
        }
        catch (RpcException e) when (ServiceCalls.IsAway(e) && !http.RequestAborted.IsCancellationRequested)
        {
            logger.CountsAway(e.StatusCode);
            return null;
        }
    }

    public static long? Of(CountGroupsResponse? counts, Directory directory) =>
        counts is null ? null : counts.GroupCounts.TryGetValue(directory.Id, out var count) ? count : 0;
}

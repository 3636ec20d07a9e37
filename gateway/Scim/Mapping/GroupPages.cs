using System.Text.Json;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>Pages of groups, whose members follow as a stream.</summary>
internal sealed class GroupPages(GroupService.GroupServiceClient groups, GroupStreams streams, ForeignFilters foreignFilters, ServiceCalls calls)
{
    /// <summary>The caller disposes the page.</summary>
    public async Task<GroupPage> ReadAsync(HttpContext http, ListQuery query)
    {
        var request = new ListGroupsRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Filter = await foreignFilters.ResolveAsync(http, query.Filter, ScimScope.Of(http).Schemas.Group),
            Sort = query.Sort,
            Skip = query.StartIndex - 1,
            PageSize = query.Count,
            PageToken = query.Cursor ?? "",
        };
        var page = await calls.SendAsync(http, call => groups.ListGroupsAsync(request, call).ResponseAsync);
        // A HEAD has no body: members need not be read for it.
        var members = page.Groups.Count > 0 && query.Wanted.Includes("members") && !HttpMethods.IsHead(http.Request.Method)
            ? await streams.ReadMembersAsync(http, page.Groups.Select(group => group.Id))
            : null;
        return new(page, members, query.Wanted);
    }
}

/// <summary>One page, ready to be written once.</summary>
internal sealed class GroupPage(ListGroupsResponse page, OpenMembers? members, Wanted wanted) : IDisposable
{
    public int Count => page.Groups.Count;

    public long Total => page.TotalSize;

    /// <summary>Token of the page behind this one; empty on the last.</summary>
    public string Next => page.NextPageToken;

    public async Task WriteAsync(HttpContext http, Utf8JsonWriter writer)
    {
        foreach (var group in page.Groups)
        {
            await GroupAnswer.WriteAsync(http, writer, group, members?.OfAsync(group.Id), wanted);
        }
    }

    public void Dispose() => members?.Dispose();
}

using System.Text.Json;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>Pages of users with the groups that they are in.</summary>
internal sealed class UserPages(UserService.UserServiceClient users, GroupsOfUsers groupsOfUsers, ForeignFilters foreignFilters, ServiceCalls calls)
{
    public async Task<UserPage> ReadAsync(HttpContext http, ListQuery query)
    {
        var request = new ListUsersRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Filter = await foreignFilters.ResolveAsync(http, query.Filter, ScimScope.Of(http).Schemas.ListedUser),
            Sort = query.Sort,
            Skip = query.StartIndex - 1,
            PageSize = query.Count,
            PageToken = query.Cursor ?? "",
        };
        var page = await calls.SendAsync(http, call => users.ListUsersAsync(request, call).ResponseAsync);
        var found = await groupsOfUsers.FindAsync(http, [.. page.Users.Select(user => user.Id)], query.Wanted);
        return new(page, found, query.Wanted);
    }
}

/// <summary>One page, ready to be written.</summary>
internal sealed class UserPage(
    ListUsersResponse page, IReadOnlyDictionary<string, IReadOnlyList<GroupReference>>? groups, Wanted wanted)
{
    public int Count => page.Users.Count;

    public long Total => page.TotalSize;

    /// <summary>Token of the page behind this one; empty on the last.</summary>
    public string Next => page.NextPageToken;

    public async Task WriteAsync(HttpContext http, Utf8JsonWriter writer)
    {
        var scope = ScimScope.Of(http);
        foreach (var user in page.Users)
        {
            UserJson.Write(writer, user, scope.BaseUrl, groups?[user.Id], wanted.Projection, scope.Schemas.ListedUser);
            await ScimResponse.FlushIfLargeAsync(http, writer);
        }
    }
}

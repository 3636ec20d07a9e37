using System.Text.Json;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>Pages of users with the groups that they are in.</summary>
internal sealed class UserPages(
    UserService.UserServiceClient users, BatchedReads<NamedUser> named, GroupsOfUsers groupsOfUsers, ForeignFilters foreignFilters, ServiceCalls calls)
{
    /// <summary>Users by name, read together.</summary>
    public static BatchedReads<NamedUser> Reads(IServiceProvider services)
    {
        var users = services.GetRequiredService<UserService.UserServiceClient>();
        return new(async (directoryId, names, call) =>
        {
            var answer = await users.BatchGetUsersAsync(new() { DirectoryId = directoryId, UserNames = { names } }, call);
            return names.ToDictionary(
                name => name, name => new NamedUser(answer.Users.FirstOrDefault(user => NameQuestion.IsAnsweredBy(name, user.UserName))));
        });
    }

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
        var page = await FindNamedAsync(http, request) ?? await calls.SendAsync(http, call => users.ListUsersAsync(request, call).ResponseAsync);
        var found = await groupsOfUsers.FindAsync(http, [.. page.Users.Select(user => user.Id)], query.Wanted);
        return new(page, found, query.Wanted);
    }

    // Null: it is another question, or was not answered.
    private async Task<ListUsersResponse?> FindNamedAsync(HttpContext http, ListUsersRequest request)
    {
        if (request is not { Skip: 0, PageSize: > 0, PageToken: "" } || NameQuestion.Find(request.Filter) is not { } name)
        {
            return null;
        }

        var found = await named.FindAsync(http, request.DirectoryId, name);
        return found is null ? null
            : found.User is null ? new()
            : new() { Users = { found.User }, TotalSize = 1 };
    }
}

/// <summary>Who has a name; null: nobody.</summary>
internal sealed record NamedUser(User? User);

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

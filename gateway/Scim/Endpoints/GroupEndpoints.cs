using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Scim.Endpoints;

/// <summary>/Groups: RFC 7644 §3, in both of Okta's dialects. Members are never gathered, only passed on.</summary>
internal sealed class GroupEndpoints(
    GroupService.GroupServiceClient groups, GroupStreams streams, ServiceCalls calls, IOptions<GatewayOptions> options)
{
    private const string Members = "members";

    /// <summary>What must be left of a request's time to read members back after a write.</summary>
    private static readonly TimeSpan ReadBackTime = TimeSpan.FromSeconds(5);

    public Task ListAsync(HttpContext http) =>
        AnswerAsync(http, ListQuery.Read(http.Request, ResourceType.Group, options.Value.FilterLengthLimit));

    public async Task SearchAsync(HttpContext http) => await AnswerAsync(
        http, await SearchRequest.ReadAsync(http, ResourceType.Group, options.Value));

    private async Task AnswerAsync(HttpContext http, ListQuery query)
    {
        var scope = ScimScope.Of(http);
        var request = new ListGroupsRequest
        {
            DirectoryId = scope.DirectoryId,
            Filter = query.Filter,
            Sort = query.Sort,
            Skip = query.StartIndex - 1,
            PageSize = query.Count,
            PageToken = query.Cursor ?? "",
            SkipTotal = query.SkipTotal,
        };
        var page = await calls.SendAsync(http, call => groups.ListGroupsAsync(request, call).ResponseAsync);
        using var members = page.Groups.Count > 0 && query.Wanted.Includes(Members) && !IsHead(http)
            ? await streams.ReadMembersAsync(http, page.Groups.Select(group => group.Id))
            : null;
        await using var writer = ScimResponse.Start(http, StatusCodes.Status200OK);
        ListResponse.WriteStart(writer, query, page.TotalSize, page.Groups.Count, page.NextPageToken);
        foreach (var group in page.Groups)
        {
            await GroupAnswer.WriteAsync(http, writer, group, members?.OfAsync(group.Id), query.Wanted);
        }

        ListResponse.WriteEnd(writer);
    }

    public async Task GetAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ResourceType.Group);
        if (!wanted.Includes(Members) || IsHead(http))
        {
            var group = await FindAsync(http, id);
            if (!IsNotModified(http, group))
            {
                await GroupAnswer.SendAsync(http, StatusCodes.Status200OK, group, members: null, wanted);
            }

            return;
        }

        using var open = await streams.ReadAsync(http, id);
        if (!IsNotModified(http, open.Group))
        {
            await GroupAnswer.SendAsync(http, StatusCodes.Status200OK, open.Group, open.MembersAsync(), wanted);
        }
    }

    public async Task CreateAsync(HttpContext http)
    {
        var wanted = Wanted.Read(http.Request, ResourceType.Group);
        using var body = await ReadBodyAsync(http);
        var first = new CreateGroupRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Group = body.Group,
            RequestId = Guid.CreateVersion7().ToString(),
            UniqueDisplayName = HasUniqueNames(ScimScope.Of(http).Directory),
        };
        var (group, hasMembers) = await streams.CreateAsync(http, first, body);
        http.Response.Headers.Location = GroupJson.Location(ScimScope.Of(http).BaseUrl, group.Id);
        await SendWrittenAsync(http, StatusCodes.Status201Created, group, hasMembers, wanted);
    }

    public async Task ReplaceAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ResourceType.Group);
        using var body = await ReadBodyAsync(http);
        body.Group.Id = id;
        var first = new ReplaceGroupRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Group = body.Group,
            ExpectedVersion = await ExpectedVersionAsync(http, id),
            UniqueDisplayName = HasUniqueNames(ScimScope.Of(http).Directory),
        };
        var (group, hasMembers) = await streams.ReplaceAsync(http, first, body);
        await SendWrittenAsync(http, StatusCodes.Status200OK, group, hasMembers, wanted);
    }

    public async Task PatchAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ResourceType.Group);
        ScimBody.Accept(http, options.Value.GroupBodyLimit);
        using var body = await GroupPatchBody.ReadAsync(
            http.Request.BodyReader, limit: options.Value.GroupBodyLimit, ct: http.RequestAborted);
        var first = new PatchGroupRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Id = id,
            ExpectedVersion = await ExpectedVersionAsync(http, id),
            UniqueDisplayName = HasUniqueNames(ScimScope.Of(http).Directory),
        };
        var group = await streams.PatchAsync(http, first, body);
        if (wanted.Projection is not null)
        {
            await SendWrittenAsync(http, StatusCodes.Status200OK, group, hasMembers: true, wanted);
            return;
        }

        http.Response.Headers.ETag = ETag.Of(group.Version);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task DeleteAsync(HttpContext http, string id)
    {
        var request = new DeleteGroupRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Id = id,
            ExpectedVersion = await ExpectedVersionAsync(http, id),
        };
        await Deletion.SendAsync(calls, http, call => groups.DeleteGroupAsync(request, call).ResponseAsync);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    /// <summary>
    /// Answers a committed write. The members are read back, since those that do not exist are not returned; if that fails, or there is
    /// no time left for it, the answer goes without them, for the write has not failed.
    /// </summary>
    private async Task SendWrittenAsync(HttpContext http, int status, Group group, bool hasMembers, Wanted wanted)
    {
        if (!wanted.Includes(Members))
        {
            await GroupAnswer.SendAsync(http, status, group, members: null, wanted);
            return;
        }

        if (!hasMembers)
        {
            await GroupAnswer.SendAsync(http, status, group, AsyncEnumerable.Empty<IReadOnlyList<Member>>(), wanted);
            return;
        }

        if (calls.Left(http) < ReadBackTime)
        {
            await GroupAnswer.SendAsync(http, status, group, members: null, wanted);
            return;
        }

        OpenGroup open;
        try
        {
            open = await streams.ReadAsync(http, group.Id, once: true);
        }
        catch (RpcException)
        {
            await GroupAnswer.SendAsync(http, status, group, members: null, wanted);
            return;
        }

        using (open)
        {
            await GroupAnswer.SendAsync(http, status, open.Group, open.MembersAsync(), wanted);
        }
    }

    private async Task<GroupBody> ReadBodyAsync(HttpContext http)
    {
        ScimBody.Accept(http, options.Value.GroupBodyLimit);
        return await GroupBody.ReadAsync(http.Request.BodyReader, limit: options.Value.GroupBodyLimit, ct: http.RequestAborted);
    }

    private async Task<Group> FindAsync(HttpContext http, string id)
    {
        var request = new GetGroupRequest { DirectoryId = ScimScope.Of(http).DirectoryId, Id = id };
        return (await calls.SendAsync(http, call => groups.GetGroupAsync(request, call).ResponseAsync)).Group;
    }

    private ValueTask<long> ExpectedVersionAsync(HttpContext http, string id) =>
        Preconditions.ExpectedVersionAsync(http.Request, async () => (await FindAsync(http, id)).Version);

    /// <summary>Then no body is sent, and members need not be read for it.</summary>
    private static bool IsHead(HttpContext http) => HttpMethods.IsHead(http.Request.Method);

    private static bool IsNotModified(HttpContext http, Group group)
    {
        if (!Preconditions.IsNotModified(http.Request, group.Version))
        {
            return false;
        }

        http.Response.Headers.ETag = ETag.Of(group.Version);
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    /// <summary>The policy, or its default: on, but for Entra, whose groups may share a name.</summary>
    internal static bool HasUniqueNames(Directory directory) => directory.Policies is { HasUniqueGroupNames: true } policies
        ? policies.UniqueGroupNames : directory.Provider != Provider.Entra;
}

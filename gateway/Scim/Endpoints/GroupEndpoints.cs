using System.IO.Pipelines;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Gateway.Scim.Requests;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Scim.Endpoints;

/// <summary>/Groups: RFC 7644 §3, in both of Okta's dialects. Members are never gathered, only passed on.</summary>
internal sealed class GroupEndpoints(
    GroupPages pages, GroupWrites writes, GroupStreams streams, LargeGroups largeGroups, ServiceCalls calls, IOptions<GatewayOptions> options)
{
    private const string Members = "members";

    /// <summary>Members of a group that a PATCH answers with (RFC 7644 §3.5.2: the resource, or 204).</summary>
    private const int SmallGroup = 100;

    /// <summary>What must be left of a request's time to read members back after a write.</summary>
    private static readonly TimeSpan ReadBackTime = TimeSpan.FromSeconds(5);

    public Task ListAsync(HttpContext http) =>
        AnswerAsync(http, ListQuery.Read(http.Request, ScimScope.Of(http).Schemas.Group, options.Value.FilterLengthLimit));

    public async Task SearchAsync(HttpContext http) => await AnswerAsync(
        http, await SearchRequest.ReadAsync(http, ScimScope.Of(http).Schemas.Group, options.Value));

    private async Task AnswerAsync(HttpContext http, ListQuery query)
    {
        using var page = await pages.ReadAsync(http, query);
        await using var writer = ScimResponse.Start(http, StatusCodes.Status200OK);
        ListResponse.WriteStart(writer, query, page.Total, page.Count, page.Next);
        await page.WriteAsync(http, writer);
        ListResponse.WriteEnd(writer);
    }

    public async Task GetAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ScimScope.Of(http).Schemas.Group);
        if (!wanted.Includes(Members) || IsHead(http))
        {
            var group = await writes.GetAsync(http, id);
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
        var wanted = Wanted.Read(http.Request, ScimScope.Of(http).Schemas.Group);
        using var body = await ReadBodyAsync(http);
        var (group, hasMembers) = await writes.CreateAsync(http, body);
        http.Response.Headers.Location = GroupJson.Location(ScimScope.Of(http).BaseUrl, group.Id);
        await SendWrittenAsync(http, StatusCodes.Status201Created, group, hasMembers, wanted);
    }

    public async Task ReplaceAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ScimScope.Of(http).Schemas.Group);
        using var body = await ReadBodyAsync(http);
        var (group, hasMembers) = await writes.ReplaceAsync(http, id, body, Preconditions.Of(http.Request));
        await SendWrittenAsync(http, StatusCodes.Status200OK, group, hasMembers, wanted);
    }

    public async Task PatchAsync(HttpContext http, string id)
    {
        var wanted = Wanted.Read(http.Request, ScimScope.Of(http).Schemas.Group);
        ScimBody.Accept(http, options.Value.GroupBodyLimit);
        using var body = await GroupPatchBody.ReadAsync(
            Body(http), ScimScope.Of(http).Schemas.Group, options.Value.GroupBodyLimit, http.RequestAborted);
        var group = await writes.PatchAsync(http, id, body, Preconditions.Of(http.Request));
        if (wanted.Projection is not null)
        {
            await SendWrittenAsync(http, StatusCodes.Status200OK, group, hasMembers: true, wanted);
            return;
        }

        using var open = await FindSmallAsync(http, group.Id);
        if (open is not null)
        {
            await GroupAnswer.SendAsync(http, StatusCodes.Status200OK, open.Group, open.MembersAsync(), wanted);
            return;
        }

        http.Response.Headers.ETag = ETag.Of(group.Version);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task DeleteAsync(HttpContext http, string id)
    {
        await writes.DeleteAsync(http, id, Preconditions.Of(http.Request));
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

        using var open = await FindAsync(http, group.Id);
        await GroupAnswer.SendAsync(http, status, open?.Group ?? group, open?.MembersAsync(), wanted);
    }

    /// <summary>
    /// A group that was just written, with so many of its members at most (0: all); null if it cannot be read in time. The caller disposes it.
    /// </summary>
    private async Task<OpenGroup?> FindAsync(HttpContext http, string id, int maxMembers = 0)
    {
        if (calls.Left(http) < ReadBackTime)
        {
            return null;
        }

        try
        {
            return await streams.TryReadAsync(http, id, maxMembers);
        }
        catch (RpcException)
        {
            return null;
        }
    }

    /// <summary>
    /// The same, or null for a group with many members: those are not sent for every member that comes or goes. Which groups are large is
    /// remembered, so that a large group is not read for it either.
    /// </summary>
    private async Task<OpenGroup?> FindSmallAsync(HttpContext http, string id)
    {
        var group = (ScimScope.Of(http).DirectoryId, id);
        if (largeGroups.Contains(group) || await FindAsync(http, id, SmallGroup + 1) is not { } open)
        {
            return null;
        }

        if (open.FirstMembers <= SmallGroup)
        {
            return open;
        }

        open.Dispose();
        largeGroups.Add(group);
        return null;
    }

    private async Task<GroupBody> ReadBodyAsync(HttpContext http)
    {
        ScimBody.Accept(http, options.Value.GroupBodyLimit);
        return await GroupBody.ReadAsync(
            Body(http), ScimScope.Of(http).Schemas.Group, options.Value.GroupBodyLimit, http.RequestAborted);
    }

    private static PipeReader Body(HttpContext http) => RequestTrail.Find(http)?.Watch(http.Request.BodyReader) ?? http.Request.BodyReader;

    /// <summary>Then no body is sent, and members need not be read for it.</summary>
    private static bool IsHead(HttpContext http) => HttpMethods.IsHead(http.Request.Method);

    private static bool IsNotModified(HttpContext http, Group group)
    {
        if (!Preconditions.IsNotModified(http.Request, group.Version))
        {
            return false;
        }

        ScimResponse.Identify(http, GroupJson.Location(ScimScope.Of(http).BaseUrl, group.Id), group.Version);
        http.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }
}

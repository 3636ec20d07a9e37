using System.Text.Json.Nodes;
using DirectorySync.Gateway.Calls;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>What a person should look at in a directory, each with what to do about it.</summary>
internal sealed class ProblemEndpoints(
    DirectoryService.DirectoryServiceClient directories,
    GroupService.GroupServiceClient groups,
    DirectoryLookup lookup,
    ServiceCalls calls)
{
    private const int Most = 100;

    public async Task ListAsync(HttpContext http, string id)
    {
        var directory = await lookup.GetAsync(http, id);
        var ofUsers = new ListProblemsRequest { DirectoryId = id, PageSize = Most };
        var ofGroups = new ListGroupProblemsRequest { DirectoryId = id, PageSize = Most };
        var count = new CountGroupsRequest { DirectoryIds = { id } };
        var userProblems = calls.SendAsync(http, call => directories.ListProblemsAsync(ofUsers, call).ResponseAsync);
        var groupProblems = calls.SendAsync(http, call => groups.ListGroupProblemsAsync(ofGroups, call).ResponseAsync);
        var groupCount = calls.SendAsync(http, call => groups.CountGroupsAsync(count, call).ResponseAsync);
        await Task.WhenAll(userProblems, groupProblems, groupCount);
        var all = (await userProblems).Problems.Concat((await groupProblems).Problems).ToList();
        if (FindMissingGroups(directory, (await groupCount).GroupCounts.TryGetValue(id, out var number) ? number : 0) is { } missing)
        {
            all.Insert(0, missing);
        }

        await RestResponse.OkAsync(http, RestList.Write(all.Select(Write)));
    }

    public async Task ListUnresolvedMembersAsync(HttpContext http, string id)
    {
        var (page, _) = RestList.ReadPage(http.Request);
        await lookup.GetAsync(http, id);
        var request = new ListUnresolvedMembersRequest
        {
            DirectoryId = id, GroupId = http.Request.Query["group_id"].ToString(), PageSize = page.Limit,
        };
        var found = await calls.SendAsync(http, call => groups.ListUnresolvedMembersAsync(request, call).ResponseAsync);
        var list = RestList.Write(found.UnresolvedMembers.Select(Write));
        list["total"] = found.TotalSize;
        await RestResponse.OkAsync(http, list);
    }

    /// <summary>People but no group: neither service sees it alone.</summary>
    internal static Problem? FindMissingGroups(Directory directory, long groupCount) =>
        groupCount == 0 && directory.UserCounts is { Active: > 0 }
            ? new Problem
            {
                Code = "USERS_BUT_NO_GROUPS",
                Detail = "Users arrived, but no group.",
                Remedy = directory.Provider == Provider.Okta
                    ? "If groups are wanted, push them in the app's Push Groups tab in Okta."
                    : "If groups are wanted, let the identity provider provision groups too.",
            }
            : null;

    private static JsonObject Write(Problem problem) => new()
    {
        ["object"] = "problem",
        ["code"] = problem.Code,
        ["detail"] = problem.Detail,
        ["remedy"] = problem.Remedy,
        ["resource_id"] = problem.ResourceId.Length > 0 ? problem.ResourceId : null,
        ["attribute"] = problem.Attribute.Length > 0 ? problem.Attribute : null,
        ["since"] = RestResponse.Time(problem.Since),
    };

    private static JsonObject Write(UnresolvedMember member) => new()
    {
        ["object"] = "unresolved_member",
        ["group_id"] = member.GroupId,
        ["value"] = member.Member.Value,
        ["display"] = member.Member.Display.Length > 0 ? member.Member.Display : null,
        ["type"] = member.Member.Type switch { MemberType.User => "User", MemberType.Group => "Group", _ => null },
        ["created_at"] = RestResponse.Time(member.CreateTime),
    };
}

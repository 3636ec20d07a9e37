using System.Text.Json;
using DirectorySync.Gateway.Calls;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/problems and /unresolved_members: what a person should look at, each with its remedy; and one of the remedies.</summary>
internal sealed class ProblemEndpoints(
    GroupService.GroupServiceClient groups, DirectoryProblems problems, DirectoryAccess access, ServiceCalls calls)
{
    private const int Most = 100;

    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit");
        var limit = query.Limit(Most);
        query.Check();
        var directory = await access.GetAsync(http);
        await RestResponse.WriteListAsync(http, await problems.ListAsync(http, directory, limit), Write);
    }

    public async Task ListUnresolvedMembersAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "group_id");
        var request = new ListUnresolvedMembersRequest { PageSize = query.Limit(Most), GroupId = query.FindText("group_id") ?? "" };
        query.Check();
        request.DirectoryId = (await access.GetAsync(http)).Id;
        var answer = await calls.SendAsync(http, call => groups.ListUnresolvedMembersAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.UnresolvedMembers, Write, total: answer.TotalSize);
    }

    public async Task ConfirmMembershipsAsync(HttpContext http)
    {
        var request = new ConfirmMembershipsRequest
        {
            DirectoryId = (await access.GetAsync(http)).Id,
            UserId = (string)http.Request.RouteValues["user_id"]!,
        };
        var answer = await calls.SendAsync(http, call => groups.ConfirmMembershipsAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "confirmed_memberships");
            json.WriteNumber("confirmed", answer.Confirmed);
            json.WriteEndObject();
        });
    }

    internal static void Write(Utf8JsonWriter json, Problem problem)
    {
        json.WriteStartObject();
        json.WriteString("object", "directory_problem");
        json.WriteString("code", problem.Code);
        json.WriteString("message", problem.Detail);
        json.WriteString("remedy", problem.Remedy);
        json.WriteText("resource_id", problem.ResourceId);
        json.WriteText("attribute", problem.Attribute);
        json.WriteTime("since", problem.Since);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, UnresolvedMember unresolved)
    {
        json.WriteStartObject();
        json.WriteString("object", "unresolved_member");
        json.WriteString("group_id", unresolved.GroupId);
        json.WriteString("value", unresolved.Member.Value);
        json.WriteText("display", unresolved.Member.Display);
        json.WriteText("type", unresolved.Member.Type switch
        {
            MemberType.User => "user",
            MemberType.Group => "group",
            _ => "",
        });
        json.WriteTime("created_at", unresolved.CreateTime);
        json.WriteEndObject();
    }
}

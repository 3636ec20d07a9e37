using System.Text.Json;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using Google.Protobuf.WellKnownTypes;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>
/// /directory_users and /directory_groups, as applications were told of them; /directories/{id}/difference, what is still to be told;
/// /directories/{id}/policies/preview, what other policies would have told.
/// </summary>
internal sealed class ReadModelEndpoints(ReadModelService.ReadModelServiceClient reads, DirectoryAccess access, ServiceCalls calls)
{
    public async Task ListUsersAsync(HttpContext http)
    {
        var query = RestQuery.OfPages(http, "directory", "group", "idp_id", "email");
        var request = new ListDirectoryUsersRequest
        {
            DirectoryId = query.FindText("directory") ?? "",
            GroupId = query.FindText("group") ?? "",
            IdpId = query.FindText("idp_id") ?? "",
            Email = query.FindText("email") ?? "",
            OrganizationId = RestCaller.Of(http).OrganizationId ?? "",
            Page = query.Page(),
        };
        var answer = await calls.SendAsync(http, call => reads.ListDirectoryUsersAsync(request, call).ResponseAsync);
        var (before, after) = query.Neighbours(answer.Page);
        await RestResponse.WriteListAsync(http, answer.Users, Write, before, after);
    }

    public async Task GetUserAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        var request = new GetDirectoryUserRequest { Id = IdOf(http), OrganizationId = RestCaller.Of(http).OrganizationId ?? "" };
        var answer = await calls.SendAsync(http, call => reads.GetDirectoryUserAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer.User));
    }

    public async Task ListGroupsAsync(HttpContext http)
    {
        var query = RestQuery.OfPages(http, "directory", "user");
        var request = new ListDirectoryGroupsRequest
        {
            DirectoryId = query.FindText("directory") ?? "",
            UserId = query.FindText("user") ?? "",
            OrganizationId = RestCaller.Of(http).OrganizationId ?? "",
            Page = query.Page(),
        };
        var answer = await calls.SendAsync(http, call => reads.ListDirectoryGroupsAsync(request, call).ResponseAsync);
        var (before, after) = query.Neighbours(answer.Page);
        await RestResponse.WriteListAsync(http, answer.Groups, (json, group) => DirectoryGroupJson.Write(json, group), before, after);
    }

    public async Task GetGroupAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        var request = new GetDirectoryGroupRequest { Id = IdOf(http), OrganizationId = RestCaller.Of(http).OrganizationId ?? "" };
        var answer = await calls.SendAsync(http, call => reads.GetDirectoryGroupAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => DirectoryGroupJson.Write(json, answer.Group));
    }

    // Every user is looked at.
    private static readonly TimeSpan PreviewTimeout = TimeSpan.FromSeconds(45);

    public async Task GetDifferenceAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit");
        var request = new GetDifferenceRequest { Examples = query.Limit() };
        query.Check();
        var directory = await access.GetAsync(http);
        request.DirectoryId = directory.Id;
        var answer = await calls.SendAsync(http, call => reads.GetDifferenceAsync(request, call).ResponseAsync);
        Fill(answer.Differences, directory.OrganizationId);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, directory.Id, answer));
    }

    public async Task PreviewPoliciesAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit");
        var examples = query.Limit();
        query.Check();
        var directory = await access.GetAsync(http);
        var body = await RestBody.ReadAsync(http, optional: false, "policies");
        var wanted = new Directory { Policies = new() };
        List<string> mask = [];
        PolicyJson.Read(body, wanted.Policies, mask);
        body.Check();
        var all = new Directory { Policies = directory.Policies?.Clone() ?? new() };
        new FieldMask { Paths = { mask } }.Merge(wanted, all, new() { ReplacePrimitiveFields = true });
        var request = new PreviewPoliciesRequest { DirectoryId = directory.Id, Policies = all.Policies, Examples = examples };
        var answer = await calls.SendAsync(http, call => reads.PreviewPoliciesAsync(request, call).ResponseAsync, PreviewTimeout);
        Fill(answer.Differences, directory.OrganizationId);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "policies_preview");
            json.WriteString("directory_id", directory.Id);
            Write(json, answer.Differences);
            json.WriteEndObject();
        });
    }

    private static string IdOf(HttpContext http) => (string)http.Request.RouteValues["id"]!;

    private static void Write(Utf8JsonWriter json, UserWithGroups user) => DirectoryUserJson.Write(json, user.User, more =>
    {
        more.WriteStartArray("groups");
        foreach (var group in user.Groups)
        {
            DirectoryGroupJson.Write(more, group);
        }

        more.WriteEndArray();
    });

    private static void Fill(IEnumerable<Difference> differences, string organizationId)
    {
        foreach (var example in differences.SelectMany(difference => difference.Examples))
        {
            if (example.User is { } user)
            {
                user.OrganizationId = organizationId;
            }

            if (example.Group is { } group)
            {
                group.OrganizationId = organizationId;
            }
        }
    }

    private static void Write(Utf8JsonWriter json, string directoryId, GetDifferenceResponse answer)
    {
        json.WriteStartObject();
        json.WriteString("object", "difference");
        json.WriteString("directory_id", directoryId);
        json.WriteNumber("sequence", answer.Sequence);
        json.WriteNumber("waiting_users", answer.WaitingUsers);
        json.WriteTime("since", answer.Since);
        json.WriteNumber("invitations", answer.Invitations);
        json.WritePropertyName("policy_change");
        if (answer.PolicyChange is { } change)
        {
            json.WriteStartObject();
            json.WriteNumber("done", change.Done);
            json.WriteNumber("total", change.Total);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNullValue();
        }

        Write(json, answer.Differences);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, IEnumerable<Difference> differences)
    {
        json.WriteStartArray("events");
        foreach (var difference in differences)
        {
            json.WriteStartObject();
            json.WriteString("event", difference.Type);
            json.WriteNumber("count", difference.Count);
            json.WriteStartArray("examples");
            foreach (var example in difference.Examples)
            {
                Write(json, example);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, DifferenceExample example)
    {
        json.WriteStartObject();
        if (example.User is { } user)
        {
            json.WritePropertyName("user");
            DirectoryUserJson.Write(
                json, user, example.UserBefore is { } before ? more => PreviousAttributes.Write(more, before, user) : null);
        }

        if (example.Group is { } group)
        {
            json.WritePropertyName("group");
            DirectoryGroupJson.Write(
                json, group, example.GroupBefore is { } before ? more => PreviousAttributes.Write(more, before, group) : null);
        }

        json.WriteEndObject();
    }
}

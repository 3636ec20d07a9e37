using System.Text.Json;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Calls;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/profiles, /attributes and /attribute_problems: what attributes mean, what arrived, what is wrong with it.</summary>
internal sealed class ProfileEndpoints(ProfileService.ProfileServiceClient profiles, DirectoryAccess access, ServiceCalls calls)
{
    private const int Usual = 100;
    private const int Most = 1000;

    public async Task GetAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        var request = new GetProfileRequest
        {
            DirectoryId = (await access.GetAsync(http)).Id, UserId = (string)http.Request.RouteValues["user_id"]!,
        };
        var answer = await calls.SendAsync(http, call => profiles.GetProfileAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => ProfileJson.Write(json, answer.Profile));
    }

    public async Task ListProblemsAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "after", "attribute", "user_id");
        var request = new ListProfileProblemsRequest
        {
            PageSize = query.Limit(Usual, Most),
            PageToken = query.FindText("after") ?? "",
            Attribute = query.FindText("attribute") ?? "",
            UserId = query.FindText("user_id") ?? "",
        };
        query.Check();
        request.DirectoryId = (await access.GetAsync(http)).Id;
        var answer = await calls.SendAsync(http, call => profiles.ListProfileProblemsAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(
            http, answer.Problems, ProblemEndpoints.Write, after: answer.NextPageToken, total: answer.TotalSize);
    }

    public async Task ListInventoryAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "after");
        var request = new ListInventoryRequest { PageSize = query.Limit(Usual, Most), PageToken = query.FindText("after") ?? "" };
        query.Check();
        request.DirectoryId = (await access.GetAsync(http)).Id;
        var answer = await calls.SendAsync(http, call => profiles.ListInventoryAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Entries, Write, after: answer.NextPageToken);
    }

    private static void Write(Utf8JsonWriter json, InventoryEntry entry)
    {
        json.WriteStartObject();
        json.WriteString("object", "arrived_attribute");
        json.WriteString("namespace", entry.Namespace);
        json.WriteString("name", entry.Name);
        json.WriteString("path", entry.Path);
        json.WriteNumber("user_count", entry.UserCount);
        WriteTexts(json, "samples", entry.Samples);
        WriteTexts(json, "attributes", entry.Attributes);
        json.WriteTime("first_seen_at", entry.FirstSeenTime);
        json.WriteTime("last_seen_at", entry.LastSeenTime);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}

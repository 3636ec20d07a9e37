using System.Globalization;
using System.Text.Json;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/requests: what the identity provider asked, and what it was answered.</summary>
internal sealed class RequestLogEndpoints(RequestLogService.RequestLogServiceClient requests, DirectoryAccess access, ServiceCalls calls)
{
    private const string StatusForm = "status is a number such as 409, one of 2xx, 3xx, 4xx, 5xx, or refused for all from 400";

    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "after", "status", "method", "path");
        var (least, most) = query.Read("status", (0, 0), StatusForm, FindStatuses);
        var request = new ListRequestsRequest
        {
            Method = query.FindText("method")?.ToUpperInvariant() ?? "", MinStatus = least, MaxStatus = most, Path = query.FindText("path") ?? "",
            PageSize = query.Limit(), PageToken = query.FindText("after") ?? "",
        };
        query.Check();
        request.DirectoryId = (await access.GetAsync(http)).Id;
        var answer = await calls.SendAsync(http, call => requests.ListRequestsAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Requests, Write, after: answer.NextPageToken);
    }

    internal static (int Least, int Most)? FindStatuses(string text) => text switch
    {
        "refused" => (400, 0),
        [>= '2' and <= '5' and var hundreds, 'x', 'x'] => ((hundreds - '0') * 100, ((hundreds - '0') * 100) + 99),
        _ => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and <= 599 ? (status, status) : null,
    };

    private static void Write(Utf8JsonWriter json, ScimRequest request)
    {
        json.WriteStartObject();
        json.WriteString("object", request.Method.Length > 0 ? "scim_request" : "missing_scim_requests");
        json.WriteString("id", request.Id);
        json.WriteString("directory_id", request.DirectoryId);
        json.WriteTime("created_at", request.CreateTime);
        if (request.Method.Length == 0)
        {
            json.WriteNumber("count", request.Missing);
            json.WriteEndObject();
            return;
        }

        json.WriteString("method", request.Method);
        json.WriteString("path", request.Path);
        json.WriteText("query", request.Query);
        json.WriteNumber("status", request.Status);
        json.WriteText("scim_type", request.ScimType);
        json.WriteText("detail", request.Detail);
        json.WriteNumber("duration_ms", Math.Round(request.Duration.ToTimeSpan().TotalMilliseconds, 1));
        json.WriteText("token_id", request.TokenId);
        json.WriteText("user_agent", request.UserAgent);
        json.WriteText("request_id", request.RequestId);
        json.WriteText("trace_id", request.TraceId);
        Write(json, "request_body", request.RequestBody);
        Write(json, "response_body", request.ResponseBody);
        json.WriteBoolean("erased", request.Erased);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, ScimRequestBody? body)
    {
        if (body is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("text", body.Text);
        json.WriteNumber("size", body.Size);
        json.WriteBoolean("cut", body.Cut);
        json.WriteEndObject();
    }
}

using System.Text.Json;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/alerts and /alerts: what somebody should hear of.</summary>
internal sealed class AlertEndpoints(AlertService.AlertServiceClient alerts, DirectoryAccess access, ServiceCalls calls)
{
    private const int Usual = 100;
    private const int Most = 1000;

    private static readonly (string Name, bool Open)[] States = [("open", true), ("all", false)];

    public Task ListAsync(HttpContext http) => AnswerAsync(http, Read(http));

    public async Task ListOfDirectoryAsync(HttpContext http)
    {
        var request = Read(http);
        request.DirectoryId = (await access.GetAsync(http)).Id;
        await AnswerAsync(http, request);
    }

    private static ListAlertsRequest Read(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "after", "state");
        var request = new ListAlertsRequest
        {
            PageSize = query.Limit(Usual, Most), PageToken = query.FindText("after") ?? "", Open = query.FindChoice("state", States),
        };
        query.Check();
        return request;
    }

    private async Task AnswerAsync(HttpContext http, ListAlertsRequest request)
    {
        var answer = await calls.SendAsync(http, call => alerts.ListAlertsAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Alerts, Write, after: answer.NextPageToken);
    }

    private static void Write(Utf8JsonWriter json, Alert alert)
    {
        json.WriteStartObject();
        json.WriteString("object", "alert");
        json.WriteString("id", alert.Id);
        json.WriteString("directory_id", alert.DirectoryId);
        json.WriteString("code", alert.Code);
        json.WriteText("resource_id", alert.ResourceId);
        json.WriteString("message", alert.Detail);
        json.WriteString("remedy", alert.Remedy);
        json.WriteTime("started_at", alert.StartTime);
        json.WriteTime("ended_at", alert.EndTime);
        json.WriteTime("mailed_at", alert.MailTime);
        json.WriteEndObject();
    }
}

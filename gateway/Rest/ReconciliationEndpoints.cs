using System.Text.Json;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/reconciliation: compares what applications are told from with what the services hold, and says what it healed.</summary>
internal sealed class ReconciliationEndpoints(
    ReconciliationService.ReconciliationServiceClient reconciliations, DirectoryAccess access, ServiceCalls calls)
{
    public async Task StartAsync(HttpContext http)
    {
        var request = new StartReconciliationRequest { DirectoryId = (await access.GetAsync(http)).Id };
        var answer = await calls.SendAsync(http, call => reconciliations.StartReconciliationAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status202Accepted, json => Write(json, answer.Reconciliation));
    }

    public async Task GetAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        var request = new GetReconciliationRequest { DirectoryId = (await access.GetAsync(http)).Id };
        var answer = await calls.SendAsync(http, call => reconciliations.GetReconciliationAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer.Reconciliation));
    }

    private static void Write(Utf8JsonWriter json, Reconciliation reconciliation)
    {
        json.WriteStartObject();
        json.WriteString("object", "reconciliation");
        json.WriteString("id", reconciliation.Id);
        json.WriteString("directory_id", reconciliation.DirectoryId);
        json.WriteString("state", Words.Of(reconciliation.State));
        json.WriteString("reason", reconciliation.Asked ? "asked" : "scheduled");
        json.WriteText("step", reconciliation.Step);
        json.WriteNumber("compared", reconciliation.Compared);
        json.WriteStartObject("healed");
        foreach (var (what, count) in reconciliation.Healed.OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            json.WriteNumber(what, count);
        }

        json.WriteEndObject();
        json.WriteNumber("failures", reconciliation.Failures);
        json.WriteText("last_error", reconciliation.LastError.ToLowerInvariant());
        json.WriteTime("created_at", reconciliation.CreateTime);
        json.WriteTime("started_at", reconciliation.StartTime);
        json.WriteTime("finished_at", reconciliation.FinishTime);
        json.WriteEndObject();
    }
}

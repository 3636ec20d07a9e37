using System.Text.Json;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Calls;

namespace DirectorySync.Gateway.Rest;

/// <summary>/directories/{id}/attribute_mapping: where a directory's attributes come from, what a change would do, and how it does.</summary>
internal sealed class AttributeMappingEndpoints(MappingService.MappingServiceClient mappings, DirectoryAccess access, ServiceCalls calls)
{
    // Every user is looked at.
    private static readonly TimeSpan PreviewTimeout = TimeSpan.FromSeconds(45);

    public async Task GetAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        await AnswerAsync(http, (await access.GetAsync(http)).Id);
    }

    public async Task ReplaceAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        var body = await RestBody.ReadAsync(http, optional: false, "rules", "version");
        var request = new UpdateMappingRequest { DirectoryId = directory.Id, Rules = { MappingRuleJson.Read(body) } };
        if (body.FindNumber("version") is { } version)
        {
            request.ExpectedVersion = version;
        }

        body.Check();
        await calls.SendAsync(http, call => mappings.UpdateMappingAsync(request, call).ResponseAsync);
        await AnswerAsync(http, directory.Id);
    }

    public async Task UndoAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        var body = await RestBody.ReadAsync(http, optional: true, "to_version");
        var wanted = body.FindNumber("to_version");
        body.Check();
        // Repeated after an answer that was lost, an undo without a version would undo itself.
        var current = await calls.SendAsync(http, call => mappings.GetMappingAsync(new() { DirectoryId = directory.Id }, call).ResponseAsync);
        var request = new UndoMappingRequest
        {
            DirectoryId = directory.Id,
            Version = wanted ?? current.Mapping.Version - 1,
            ExpectedVersion = current.Mapping.Version,
        };
        await calls.SendAsync(http, call => mappings.UndoMappingAsync(request, call).ResponseAsync);
        await AnswerAsync(http, directory.Id);
    }

    public async Task ListVersionsAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "after");
        var request = new ListMappingVersionsRequest { PageSize = query.Limit(), PageToken = query.FindText("after") ?? "" };
        query.Check();
        request.DirectoryId = (await access.GetAsync(http)).Id;
        var answer = await calls.SendAsync(http, call => mappings.ListMappingVersionsAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Versions, (json, mapping) => Write(json, mapping, null), after: answer.NextPageToken);
    }

    public async Task PreviewAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        var body = await RestBody.ReadAsync(http, optional: false, "rules");
        var request = new PreviewMappingRequest { DirectoryId = directory.Id, Rules = { MappingRuleJson.Read(body) } };
        body.Check();
        var answer = await calls.SendAsync(http, call => mappings.PreviewMappingAsync(request, call).ResponseAsync, PreviewTimeout);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer));
    }

    public async Task DiagnoseAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "attribute");
        var request = new DiagnoseMappingRequest { Attribute = query.FindText("attribute") ?? "" };
        query.Check();
        request.DirectoryId = (await access.GetAsync(http)).Id;
        var answer = await calls.SendAsync(http, call => mappings.DiagnoseMappingAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Diagnoses, Write);
    }

    public async Task GetRecomputationAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        var request = new GetRecomputationRequest { DirectoryId = (await access.GetAsync(http)).Id };
        var answer = await calls.SendAsync(http, call => mappings.GetRecomputationAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer.Recomputation));
    }

    private async Task AnswerAsync(HttpContext http, string directoryId)
    {
        var request = new GetMappingRequest { DirectoryId = directoryId };
        var answer = await calls.SendAsync(http, call => mappings.GetMappingAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer.Mapping, answer.Effective));
    }

    private static void Write(Utf8JsonWriter json, DirectoryMapping mapping, IEnumerable<EffectiveMapping>? effective)
    {
        json.WriteStartObject();
        json.WriteString("object", "attribute_mapping");
        json.WriteString("directory_id", mapping.DirectoryId);
        json.WriteNumber("version", mapping.Version);
        json.WriteNumber("restored_version", mapping.RestoredVersion);
        json.WriteStartArray("rules");
        foreach (var rule in mapping.Rules)
        {
            MappingRuleJson.Write(json, rule);
        }

        json.WriteEndArray();
        if (effective is not null)
        {
            json.WriteStartArray("effective");
            foreach (var one in effective)
            {
                MappingRuleJson.Write(json, one.Rule, one.Automatic);
            }

            json.WriteEndArray();
        }

        json.WriteTime("created_at", mapping.CreateTime);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PreviewMappingResponse preview)
    {
        json.WriteStartObject();
        json.WriteString("object", "attribute_mapping_preview");
        json.WriteNumber("user_count", preview.UserCount);
        json.WriteNumber("changed_count", preview.ChangedCount);
        json.WriteNumber("new_problem_count", preview.NewProblemCount);
        json.WriteNumber("healed_problem_count", preview.HealedProblemCount);
        json.WriteStartObject("changed_attributes");
        foreach (var attribute in preview.Attributes)
        {
            json.WriteNumber(attribute.Attribute, attribute.UserCount);
        }

        json.WriteEndObject();
        json.WriteStartArray("examples");
        foreach (var example in preview.Examples)
        {
            json.WriteStartObject();
            json.WritePropertyName("before");
            ProfileJson.Write(json, example.Before);
            json.WritePropertyName("after");
            ProfileJson.Write(json, example.After);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Diagnosis diagnosis)
    {
        json.WriteStartObject();
        json.WriteString("object", "attribute_diagnosis");
        json.WriteString("attribute", diagnosis.Attribute);
        json.WriteText("path", diagnosis.Path);
        json.WriteString("code", Words.Of(diagnosis.Code));
        json.WriteString("message", diagnosis.Detail);
        json.WriteText("remedy", diagnosis.Remedy);
        json.WriteText("arriving_path", diagnosis.ArrivingPath);
        json.WriteNumber("user_count", diagnosis.UserCount);
        json.WriteStartArray("examples");
        foreach (var example in diagnosis.Examples)
        {
            json.WriteStartObject();
            json.WriteString("user_id", example.UserId);
            json.WriteText("value", example.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Recomputation recomputation)
    {
        json.WriteStartObject();
        json.WriteString("object", "attribute_recomputation");
        json.WriteString("directory_id", recomputation.DirectoryId);
        json.WriteString("state", Words.Of(recomputation.State));
        json.WriteNumber("mapping_version", recomputation.MappingVersion);
        json.WriteNumber("done", recomputation.Done);
        json.WriteNumber("total", recomputation.Total);
        json.WriteNumber("rate", Math.Round(recomputation.Rate, 1));
        json.WriteNumber("changed", recomputation.Changed);
        json.WriteNumber("problems", recomputation.Problems);
        json.WriteTime("started_at", recomputation.StartTime);
        json.WriteTime("finished_at", recomputation.FinishTime);
        json.WriteEndObject();
    }
}

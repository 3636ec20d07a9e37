using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>/events</summary>
internal sealed class EventEndpoints(EventService.EventServiceClient events, ServiceCalls calls)
{
    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.OfLog(http, "events", "events[]", "range_start", "range_end", "organization_id", "directory");
        var request = new ListEventsRequest
        {
            Filter = new()
            {
                Types_ = { query.FindTexts("events") },
                OrganizationId = query.FindText("organization_id") ?? "",
                DirectoryId = query.FindText("directory") ?? "",
            },
            StartTime = query.FindTime("range_start"),
            EndTime = query.FindTime("range_end"),
        };
        var page = query.Page();
        (request.Limit, request.After, request.Before, request.Descending) = (page.Limit, page.After, page.Before, !page.Ascending);
        var answer = new ListEventsResponse();
        var only = RestCaller.Of(http).OrganizationId;
        if (only is null || request.Filter.OrganizationId.Length == 0 || request.Filter.OrganizationId == only)
        {
            request.Filter.OrganizationId = only ?? request.Filter.OrganizationId;
            answer = await calls.SendAsync(http, call => events.ListEventsAsync(request, call).ResponseAsync);
        }

        var (before, after) = query.Neighbours(new PageMetadata { Before = answer.Before, After = answer.After });
        await RestResponse.WriteListAsync(http, answer.Events, (json, told) => EventJson.Write(json, told), before, after);
    }
}

using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using Grpc.Core;

namespace DirectorySync.Gateway.Rest;

/// <summary>/webhook_endpoints, and what became of their deliveries.</summary>
internal sealed class WebhookEndpoints(WebhookService.WebhookServiceClient webhooks, ServiceCalls calls)
{
    private const int Usual = 100;
    private const int Most = 1000;
    private static readonly TimeSpan DeliveryTimeout = TimeSpan.FromSeconds(20);

    private static readonly (string Name, bool Enabled)[] States = [("enabled", true), ("disabled", false)];

    public async Task ListAsync(HttpContext http)
    {
        var query = RestQuery.OfPages(http);
        var request = new ListWebhookEndpointsRequest { Page = query.Page() };
        var answer = await SendAsync(http, call => webhooks.ListWebhookEndpointsAsync(request, call).ResponseAsync);
        var (before, after) = query.Neighbours(answer.Page);
        await RestResponse.WriteListAsync(http, answer.Endpoints, WebhookJson.Write, before, after);
    }

    public async Task CreateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, "endpoint_url", "events", "status");
        var wanted = new WebhookEndpoint
        {
            Url = body.RequireText("endpoint_url"),
            Events = { body.FindTexts("events") ?? [] },
            Enabled = body.FindChoice("status", States) ?? true,
        };
        body.Check();
        var request = new CreateWebhookEndpointRequest { Endpoint = wanted, RequestId = RestCaller.Of(http).RequestId(http) };
        var answer = await SendAsync(http, call => webhooks.CreateWebhookEndpointAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status201Created, json => WebhookJson.Write(json, answer.Endpoint));
    }

    public async Task GetAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        var answer = await SendAsync(http, call => webhooks.GetWebhookEndpointAsync(new() { Id = IdOf(http) }, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => WebhookJson.Write(json, answer.Endpoint));
    }

    public async Task UpdateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, "endpoint_url", "events", "status");
        var request = new UpdateWebhookEndpointRequest { Endpoint = new() { Id = IdOf(http) } };
        if (body.FindText("endpoint_url") is { } url)
        {
            request.Endpoint.Url = url;
            request.UpdateMask.Add("url");
        }

        if (body.FindTexts("events") is { } events)
        {
            request.Endpoint.Events.AddRange(events);
            request.UpdateMask.Add("events");
        }

        if (body.FindChoice("status", States) is { } enabled)
        {
            request.Endpoint.Enabled = enabled;
            request.UpdateMask.Add("enabled");
        }

        body.Check();
        var answer = await SendAsync(http, call => webhooks.UpdateWebhookEndpointAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => WebhookJson.Write(json, answer.Endpoint));
    }

    public async Task DeleteAsync(HttpContext http)
    {
        await SendAsync(http, call => webhooks.DeleteWebhookEndpointAsync(new() { Id = IdOf(http) }, call).ResponseAsync);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public async Task RotateSecretAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: true, "overlap_hours");
        var request = new RotateWebhookSecretRequest { Id = IdOf(http), OverlapHours = body.FindNumber("overlap_hours") ?? 24 };
        body.Check();
        var answer = await TryAsync(http, call => webhooks.RotateWebhookSecretAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => WebhookJson.Write(json, answer.Endpoint));
    }

    public async Task TestAsync(HttpContext http)
    {
        var answer = await TryAsync(http, call => webhooks.SendTestEventAsync(new() { Id = IdOf(http) }, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => WebhookJson.Write(json, answer.Attempt));
    }

    public async Task ListLanesAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "after", "failing");
        var request = new ListWebhookLanesRequest
        {
            EndpointId = IdOf(http), PageSize = query.Limit(Usual, Most), AfterDirectoryId = query.FindText("after") ?? "",
            Failing = query.FindText("failing") == "true",
        };
        query.Check();
        var answer = await SendAsync(http, call => webhooks.ListWebhookLanesAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Lanes, WebhookJson.Write, after: answer.NextAfterDirectoryId);
    }

    public async Task ResumeAsync(HttpContext http)
    {
        var request = new ResumeWebhookLaneRequest { EndpointId = IdOf(http), DirectoryId = DirectoryOf(http) };
        var answer = await SendAsync(http, call => webhooks.ResumeWebhookLaneAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => WebhookJson.Write(json, answer.Lane));
    }

    public async Task SkipAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, "event_id");
        var request = new SkipWebhookEventRequest { EndpointId = IdOf(http), DirectoryId = DirectoryOf(http), EventId = body.RequireText("event_id") };
        body.Check();
        var answer = await TryAsync(http, call => webhooks.SkipWebhookEventAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => WebhookJson.Write(json, answer.Lane));
    }

    public async Task ReplayAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: true, "after");
        var request = new ReplayWebhookLaneRequest { EndpointId = IdOf(http), DirectoryId = DirectoryOf(http), AfterEventId = body.FindText("after") ?? "" };
        body.Check();
        var answer = await TryAsync(http, call => webhooks.ReplayWebhookLaneAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => WebhookJson.Write(json, answer.Lane));
    }

    public async Task ListDeadLettersAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "after", "directory");
        var request = new ListDeadLettersRequest
        {
            EndpointId = IdOf(http), PageSize = query.Limit(Usual, Most), PageToken = query.FindText("after") ?? "",
            DirectoryId = query.FindText("directory") ?? "",
        };
        query.Check();
        var answer = await SendAsync(http, call => webhooks.ListDeadLettersAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.DeadLetters, WebhookJson.Write, after: answer.NextPageToken);
    }

    public async Task ReplayDeadLetterAsync(HttpContext http)
    {
        var request = new ReplayDeadLetterRequest { EndpointId = IdOf(http), EventId = (string)http.Request.RouteValues["event_id"]! };
        var answer = await TryAsync(http, call => webhooks.ReplayDeadLetterAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => WebhookJson.Write(json, answer.Attempt));
    }

    public async Task ListAttemptsAsync(HttpContext http)
    {
        var query = RestQuery.Of(http, "limit", "after", "directory");
        var request = new ListDeliveryAttemptsRequest
        {
            EndpointId = IdOf(http), PageSize = query.Limit(Usual, Most), PageToken = query.FindText("after") ?? "",
            DirectoryId = query.FindText("directory") ?? "",
        };
        query.Check();
        var answer = await SendAsync(http, call => webhooks.ListDeliveryAttemptsAsync(request, call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Attempts, WebhookJson.Write, after: answer.NextPageToken);
    }

    private static string IdOf(HttpContext http) => (string)http.Request.RouteValues["id"]!;

    private static string DirectoryOf(HttpContext http) => (string)http.Request.RouteValues["directory_id"]!;

    private Task<T> SendAsync<T>(HttpContext http, Func<CallOptions, Task<T>> call) => NamedAsync(calls.SendAsync(http, call));

    // Not safe to repeat: a second secret, a second delivery.
    private Task<T> TryAsync<T>(HttpContext http, Func<CallOptions, Task<T>> call) => NamedAsync(calls.TryAsync(http, call, DeliveryTimeout));

    // The contract has names of its own here.
    private static async Task<T> NamedAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.ResourceNotFound)
        {
            throw new RestFailure(404, "entity_not_found", e.Status.Detail);
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.WebhookUrlTaken)
        {
            throw new RestFailure(409, "duplicate_endpoint", e.Status.Detail);
        }
        catch (RpcException e) when (e.Reason() == ErrorReason.InvalidValue && e.FindMetadata("attribute") == "endpoint_url")
        {
            throw new RestFailure(422, "invalid_url", e.Status.Detail);
        }
    }
}

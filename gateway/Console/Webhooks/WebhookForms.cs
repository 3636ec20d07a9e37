using DirectorySync.Events.V1;
using DirectorySync.Gateway.Calls;
using Grpc.Core;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DirectorySync.Gateway.Console.Webhooks;

/// <summary>What forms do with webhook endpoints and their deliveries.</summary>
internal sealed class WebhookForms(WebhookService.WebhookServiceClient webhooks, ServiceCalls calls)
{
    private static readonly TimeSpan DeliveryTimeout = TimeSpan.FromSeconds(20);

    public async Task<IResult> CreateAsync(HttpContext http, Form form)
    {
        var endpoint = new WebhookEndpoint { Url = form.Require("url", "The address"), Events = { form.Texts("events").OfType<string>() }, Enabled = true };
        form.Check();
        var request = new CreateWebhookEndpointRequest { Endpoint = endpoint, RequestId = form.RequestId };
        var answer = await calls.SendAsync(http, call => webhooks.CreateWebhookEndpointAsync(request, call).ResponseAsync);
        return new RazorComponentResult<WebhookSecretPage>(new { answer.Endpoint, Heading = "The endpoint was added" });
    }

    public async Task<IResult> UpdateAsync(HttpContext http, Form form)
    {
        var endpoint = new WebhookEndpoint
        {
            Id = IdOf(http), Url = form.Require("url", "The address"), Events = { form.Texts("events").OfType<string>() }, Enabled = form.Flag("enabled"),
        };
        form.Check();
        var request = new UpdateWebhookEndpointRequest { Endpoint = endpoint, UpdateMask = { "url", "events", "enabled" } };
        await calls.SendAsync(http, call => webhooks.UpdateWebhookEndpointAsync(request, call).ResponseAsync);
        return Back(http, "saved");
    }

    public async Task<IResult> DeleteAsync(HttpContext http, Form form)
    {
        var endpoint = (await calls.SendAsync(http, call => webhooks.GetWebhookEndpointAsync(new() { Id = IdOf(http) }, call).ResponseAsync)).Endpoint;
        form.RequireConfirmation(endpoint.Url);
        form.Check();
        await Deletion.SendAsync(calls, http, call => webhooks.DeleteWebhookEndpointAsync(new() { Id = endpoint.Id }, call).ResponseAsync);
        return Pages.See("/console/webhooks", "deleted");
    }

    public async Task<IResult> RotateAsync(HttpContext http, Form form)
    {
        var request = new RotateWebhookSecretRequest { Id = IdOf(http), OverlapHours = form.Number("hours", "The hours", 0, 168) };
        form.Check();
        var answer = await TryAsync(http, call => webhooks.RotateWebhookSecretAsync(request, call).ResponseAsync);
        return new RazorComponentResult<WebhookSecretPage>(new { answer.Endpoint, Heading = "A new secret was made" });
    }

    public async Task<IResult> TestAsync(HttpContext http, Form form)
    {
        await TryAsync(http, call => webhooks.SendTestEventAsync(new() { Id = IdOf(http) }, call).ResponseAsync);
        return Back(http, "webhook-test");
    }

    public async Task<IResult> ResumeAsync(HttpContext http, Form form)
    {
        var request = new ResumeWebhookLaneRequest { EndpointId = IdOf(http), DirectoryId = (string)http.Request.RouteValues["directory_id"]! };
        await calls.SendAsync(http, call => webhooks.ResumeWebhookLaneAsync(request, call).ResponseAsync);
        return Back(http, "done");
    }

    public async Task<IResult> SkipAsync(HttpContext http, Form form)
    {
        var request = new SkipWebhookEventRequest
        {
            EndpointId = IdOf(http), DirectoryId = (string)http.Request.RouteValues["directory_id"]!, EventId = form.Require("event", "The event"),
        };
        form.Check();
        await TryAsync(http, call => webhooks.SkipWebhookEventAsync(request, call).ResponseAsync);
        return Back(http, "done");
    }

    public async Task<IResult> ReplayAsync(HttpContext http, Form form)
    {
        var request = new ReplayWebhookLaneRequest
        {
            EndpointId = IdOf(http), DirectoryId = form.Require("directory", "The directory"), AfterEventId = form.Text("after"),
        };
        form.Check();
        await TryAsync(http, call => webhooks.ReplayWebhookLaneAsync(request, call).ResponseAsync);
        return Back(http, "done");
    }

    public async Task<IResult> ReplayDeadLetterAsync(HttpContext http, Form form)
    {
        var request = new ReplayDeadLetterRequest { EndpointId = IdOf(http), EventId = (string)http.Request.RouteValues["event_id"]! };
        await TryAsync(http, call => webhooks.ReplayDeadLetterAsync(request, call).ResponseAsync);
        return Back(http, "replayed");
    }

    // Not safe to repeat: a second secret, a second delivery.
    private Task<T> TryAsync<T>(HttpContext http, Func<CallOptions, Task<T>> call) => calls.TryAsync(http, call, DeliveryTimeout);

    private static IResult Back(HttpContext http, string said) => Pages.See($"/console/webhooks/{IdOf(http)}", said);

    private static string IdOf(HttpContext http) => (string)http.Request.RouteValues["id"]!;
}

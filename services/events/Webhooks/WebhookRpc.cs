using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace DirectorySync.Events.Webhooks;

/// <summary>Serves WebhookService.</summary>
internal sealed class WebhookRpc(
    WebhookStore endpoints, WebhookSecrets secrets, LaneRepairs repairs, IOptions<WebhookOptions> options, TimeProvider time)
    : WebhookService.WebhookServiceBase
{
    private const int LongestOverlap = 168;
    private const int LongestRequestId = 256;

    public override async Task<CreateWebhookEndpointResponse> CreateWebhookEndpoint(CreateWebhookEndpointRequest request, ServerCallContext context)
    {
        var wanted = request.Endpoint ?? new();
        if (request.RequestId.Length > LongestRequestId || request.RequestId.Contains('\0'))
        {
            throw Inputs.Invalid("request_id", "", $"It has more than {LongestRequestId} characters.", "Give a shorter one.");
        }

        return new()
        {
            Endpoint = secrets.Reveal(await endpoints.CreateAsync(
                WebhookRules.Url(wanted.Url, options.Value), WebhookRules.Events(wanted.Events), wanted.Enabled, request.RequestId,
                context.CancellationToken)),
        };
    }

    public override async Task<GetWebhookEndpointResponse> GetWebhookEndpoint(GetWebhookEndpointRequest request, ServerCallContext context) =>
        new() { Endpoint = secrets.Reveal(await endpoints.GetAsync(request.Id, context.CancellationToken)) };

    public override async Task<ListWebhookEndpointsResponse> ListWebhookEndpoints(ListWebhookEndpointsRequest request, ServerCallContext context)
    {
        var (found, page) = await endpoints.ListAsync(request.Page, context.CancellationToken);
        return new() { Endpoints = { found.Select(secrets.Reveal) }, Page = page };
    }

    public override async Task<UpdateWebhookEndpointResponse> UpdateWebhookEndpoint(UpdateWebhookEndpointRequest request, ServerCallContext context)
    {
        var wanted = request.Endpoint ?? new();
        var changes = request.UpdateMask.Select(field => Change(field, wanted)).ToList();
        return new()
        {
            Endpoint = secrets.Reveal(
                await endpoints.UpdateAsync(wanted.Id, endpoint => changes.ForEach(change => change(endpoint)), context.CancellationToken)),
        };
    }

    public override async Task<DeleteWebhookEndpointResponse> DeleteWebhookEndpoint(DeleteWebhookEndpointRequest request, ServerCallContext context)
    {
        await endpoints.DeleteAsync(request.Id, context.CancellationToken);
        return new();
    }

    public override async Task<RotateWebhookSecretResponse> RotateWebhookSecret(RotateWebhookSecretRequest request, ServerCallContext context)
    {
        if (request.OverlapHours is < 0 or > LongestOverlap)
        {
            throw Inputs.Invalid("overlap_hours", $"{request.OverlapHours}", "The value is out of range.", $"Give 0 to {LongestOverlap}.");
        }

        var (secret, expire) = (secrets.Protect(Signatures.NewSecret()), time.GetUtcNow().AddHours(request.OverlapHours).ToTimestamp());
        return new()
        {
            Endpoint = secrets.Reveal(await endpoints.UpdateAsync(
                request.Id,
                endpoint =>
                {
                    (endpoint.PreviousSecret, endpoint.PreviousSecretExpireTime) = request.OverlapHours == 0 ? ("", null) : (endpoint.Secret, expire);
                    endpoint.Secret = secret;
                },
                context.CancellationToken)),
        };
    }

    public override async Task<SendTestEventResponse> SendTestEvent(SendTestEventRequest request, ServerCallContext context) =>
        new() { Attempt = await repairs.TestAsync(request.Id, context.CancellationToken) };

    public override Task<ListWebhookLanesResponse> ListWebhookLanes(ListWebhookLanesRequest request, ServerCallContext context) =>
        repairs.ListAsync(request, context.CancellationToken);

    public override async Task<ResumeWebhookLaneResponse> ResumeWebhookLane(ResumeWebhookLaneRequest request, ServerCallContext context) =>
        new() { Lane = await repairs.ResumeAsync(request.EndpointId, request.DirectoryId, context.CancellationToken) };

    public override async Task<SkipWebhookEventResponse> SkipWebhookEvent(SkipWebhookEventRequest request, ServerCallContext context) =>
        new() { Lane = await repairs.SkipAsync(request, context.CancellationToken) };

    public override async Task<ReplayWebhookLaneResponse> ReplayWebhookLane(ReplayWebhookLaneRequest request, ServerCallContext context) =>
        new() { Lane = await repairs.ReplayAsync(request, context.CancellationToken) };

    public override Task<ListDeadLettersResponse> ListDeadLetters(ListDeadLettersRequest request, ServerCallContext context) =>
        repairs.ListDeadLettersAsync(request, context.CancellationToken);

    public override async Task<ReplayDeadLetterResponse> ReplayDeadLetter(ReplayDeadLetterRequest request, ServerCallContext context) =>
        new() { Attempt = await repairs.ReplayDeadLetterAsync(request, context.CancellationToken) };

    public override Task<ListDeliveryAttemptsResponse> ListDeliveryAttempts(ListDeliveryAttemptsRequest request, ServerCallContext context) =>
        repairs.ListAttemptsAsync(request, context.CancellationToken);

    private Action<WebhookEndpoint> Change(string field, WebhookEndpoint wanted)
    {
        switch (field)
        {
            case "url":
                var url = WebhookRules.Url(wanted.Url, options.Value);
                return endpoint => endpoint.Url = url;
            case "events":
                var types = WebhookRules.Events(wanted.Events);
                return endpoint =>
                {
                    endpoint.Events.Clear();
                    endpoint.Events.AddRange(types);
                };
            case "enabled":
                return endpoint => endpoint.Enabled = wanted.Enabled;
            default:
                throw Inputs.Invalid("update_mask", field, "There is no such field.", "Give some of: url, events, enabled.");
        }
    }
}

using DirectorySync.Chassis.Cache;
using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using Grpc.Core;

namespace DirectorySync.Identity.Requests;

/// <summary>Serves RequestLogService.</summary>
internal sealed class RequestLogRpc(RequestLogStore log, RedisCache redis) : RequestLogService.RequestLogServiceBase
{
    private const int MostEntries = 1000;
    private const int UsualPage = 10;
    private const int LargestPage = 100;
    private const int MostCounts = 1000;
    private static readonly TimeSpan CountsLive = TimeSpan.FromMinutes(1);

    public override async Task<AppendRequestsResponse> AppendRequests(AppendRequestsRequest request, ServerCallContext context)
    {
        if (request.Requests.Count > MostEntries)
        {
            throw ErrorReason.LimitExceeded.ToRpc($"{request.Requests.Count} entries are more than {MostEntries}. Send them in parts.");
        }

        foreach (var entry in request.Requests)
        {
            if (!Guid.TryParse(entry.Id, out _) || entry.CreateTime is null || entry.DirectoryId.Length + entry.Endpoint.Length == 0)
            {
                throw Inputs.Invalid("requests", entry.Id, "An entry is not complete.", "Give its id, time, and directory or endpoint.");
            }
        }

        await log.AppendAsync(request.Requests, context.CancellationToken);
        return new();
    }

    public override async Task<ListRequestsResponse> ListRequests(ListRequestsRequest request, ServerCallContext context)
    {
        if (request.PageSize is < 0 or > LargestPage)
        {
            throw Inputs.Invalid("page_size", $"{request.PageSize}", $"A page has 1 to {LargestPage} entries.", $"Give 1 to {LargestPage}, or none for {UsualPage}.");
        }

        Inputs.RequireId(request.DirectoryId, "directory");
        Inputs.OptionalText("method", request.Method, 32);
        Inputs.OptionalText("path", request.Path, 2048);
        var (entries, next) = await log.ListAsync(request, request.PageSize == 0 ? UsualPage : request.PageSize, context.CancellationToken);
        return new() { Requests = { entries }, NextPageToken = next };
    }

    public override async Task<CountRequestsResponse> CountRequests(CountRequestsRequest request, ServerCallContext context)
    {
        if (request.Counts.Count > MostCounts)
        {
            throw ErrorReason.LimitExceeded.ToRpc($"{request.Counts.Count} counts are more than {MostCounts}. Send them in parts.");
        }

        foreach (var count in request.Counts)
        {
            Inputs.RequireId(count.DirectoryId, "directory");
        }

        var sums = await redis.CountAsync("requests", [.. request.Counts.Select(count => (count.DirectoryId, count.Requests))], CountsLive)
            ?? throw ErrorReason.StoreUnavailable.ToRpc("Redis is away: nobody counts.");
        return new() { Sums = { request.Counts.Zip(sums, (count, sum) => new DirectoryRequests { DirectoryId = count.DirectoryId, Requests = sum }) } };
    }
}

using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Events.Telling;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DirectorySync.Events.Reading;

/// <summary>Serves EventService.</summary>
internal sealed class EventRpc(EventStore events, TellerSignal signal, IHostApplicationLifetime lifetime) : EventService.EventServiceBase
{
    private const int Usual = 10;
    private const int Largest = 100;
    private const int WatchBatch = 500;
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Checkpoint = TimeSpan.FromSeconds(1);

    public override async Task<ListEventsResponse> ListEvents(ListEventsRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        if (request.Limit is < 0 or > Largest)
        {
            throw Inputs.Invalid("limit", $"{request.Limit}", $"A page has 1 to {Largest} events.", $"Give 0 for {Usual}.");
        }

        var limit = request.Limit == 0 ? Usual : request.Limit;
        var filter = Check(request.Filter);
        var (from, to) = request.Descending ? (request.Before, request.After) : (request.After, request.Before);
        var (above, below) = (await PositionAsync(from, 0, ct), await PositionAsync(to, long.MaxValue, ct));
        above = Math.Max(above, await BeforeAsync(request.StartTime, 0, ct));
        below = Math.Min(below, await BeforeAsync(request.EndTime, long.MaxValue - 1, ct) + 1);

        // A page before something is read backwards from there.
        var backwards = request.Before.Length > 0 && request.After.Length == 0;
        var rows = await events.ListAsync(new(filter, limit + 1, above, below, request.Descending != backwards), ct);
        var more = rows.Count > limit;
        var page = rows.Take(limit).Select(row => row.Parse()).ToList();
        if (backwards)
        {
            page.Reverse();
        }

        return new()
        {
            Events = { page },
            After = page.Count > 0 && (more || backwards) ? page[^1].Id : "",
            Before = page.Count > 0 && (backwards ? more : request.After.Length > 0) ? page[0].Id : "",
        };
    }

    public override async Task WatchEvents(
        WatchEventsRequest request, IServerStreamWriter<WatchEventsResponse> responseStream, ServerCallContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await WatchAsync(request, responseStream, ending.Token);
        }
        catch (Exception e) when (e is not RpcException
            && lifetime.ApplicationStopping.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw ErrorReason.StoreUnavailable.ToRpc("The service is stopping. Try again.");
        }
    }

    private async Task WatchAsync(WatchEventsRequest request, IServerStreamWriter<WatchEventsResponse> responses, CancellationToken ct)
    {
        var filter = Check(request.Filter);
        var position = await PositionAsync(request.After, 0, ct);
        var silent = TimeSpan.Zero;
        while (true)
        {
            var told = signal.NextTold;
            var rows = await events.ListAsync(new(filter, WatchBatch, position), ct);
            if (rows.Count > 0 || silent >= Checkpoint)
            {
                await responses.WriteAsync(new() { Events = { rows.Select(row => row.Parse()) } }, ct);
                silent = TimeSpan.Zero;
            }

            if (rows.Count > 0)
            {
                position = rows[^1].Position;
                continue;
            }

            await told.WaitAsync(Poll, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ct.ThrowIfCancellationRequested();
            silent += Poll;
        }
    }

    private static EventFilter Check(EventFilter? filter)
    {
        foreach (var type in filter?.Types_ ?? [])
        {
            if (!EventTypes.All.Contains(type))
            {
                throw Inputs.Invalid("events", type.Length > 64 ? type[..64] : type, "There is no such type of event.", $"Give some of: {string.Join(", ", EventTypes.All)}.");
            }
        }

        if (filter is { UserId.Length: > 0, DirectoryId.Length: 0 })
        {
            throw Inputs.Invalid("user_id", "", "A user is one of a directory.", "Give directory_id too.");
        }

        return filter ?? new();
    }

    private async Task<long> PositionAsync(string id, long none, CancellationToken ct) =>
        id.Length == 0 ? none : await events.FindPositionAsync(id, ct) ?? throw Inputs.InvalidCursor();

    // The position right before the first event told at the time or later.
    private async Task<long> BeforeAsync(Timestamp? time, long none, CancellationToken ct) => time is null
        ? none
        : await events.FindFirstAsync(time.ToDateTimeOffset(), ct) - 1 ?? long.MaxValue - 1;
}

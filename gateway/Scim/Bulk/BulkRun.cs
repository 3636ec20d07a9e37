using System.Collections.Concurrent;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Scim.Messages;

namespace DirectorySync.Gateway.Scim.Bulk;

/// <summary>
/// One bulk request under way. Its time is that of any request (RequestTimeout): what has been done is told in the answer, and so is what
/// was not tried for want of time.
/// </summary>
internal sealed class BulkRun(
    HttpContext http, BulkRequest request, BulkWrites writes, ServiceCalls calls, ScimErrors errors, ILogger<BulkRun> logger)
{
    private const int AtOnce = 8;

    /// <summary>With less time left, an operation is not begun: whether it was done might remain unknown.</summary>
    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(3);

    private readonly ScimScope scope = ScimScope.Of(http);
    private readonly Dictionary<string, int> posts = BulkPlan.Posts(request.Operations);
    private readonly ConcurrentDictionary<string, string> ids = new(StringComparer.Ordinal);
    private readonly BulkResult?[] results = new BulkResult?[request.Operations.Count];

    /// <summary>Results in the request's order; null for what was not tried because of failOnErrors.</summary>
    public async Task<IReadOnlyList<BulkResult?>> DoAsync()
    {
        // Whoever wants to stop at an error wants nothing done behind it.
        var steps = request.FailOnErrors is null
            ? BulkPlan.Steps(request.Operations)
            : BulkPlan.Of(request.Operations).Select(index => (IReadOnlyList<int>)[index]);
        var failures = 0;
        foreach (var step in steps)
        {
            await Parallel.ForEachAsync(
                step,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = http.RequestAborted },
                async (index, _) => results[index] = await DoAsync(request.Operations[index]));
            failures += step.Count(index => results[index]!.Error is not null);
            if (failures >= request.FailOnErrors)
            {
                break;
            }
        }

        return results;
    }

    private async Task<BulkResult> DoAsync(BulkOperation operation)
    {
        try
        {
            if (operation.Fault is not null)
            {
                throw operation.Fault;
            }

            if (operation.References.Select(FindFault).FirstOrDefault(fault => fault is not null) is { } fault)
            {
                throw new ScimFailure(fault);
            }

            if (calls.Left(http) < LeastTime)
            {
                throw new ScimFailure(errors.Unavailable(scope.Directory.Provider) with
                {
                    Detail = "The operation was not tried: those before it took all the time that a request has. Send it again.",
                });
            }

            var result = await writes.DoAsync(http, operation, IdOf(operation) ?? "", BulkReferences.Resolve(operation.Data, ids));
            if (operation.IsPost)
            {
                ids[operation.BulkId!] = result.Id!;
            }

            return result;
        }
        catch (Exception e) when (!ClientGone.IsReason(e, http))
        {
            var error = errors.From(e, scope.Directory.Provider);
            if (error == ScimErrors.Unforeseen)
            {
                logger.Unforeseen(operation.Method ?? "", $"/Bulk{operation.Type?.Endpoint}", e);
            }

            return new(operation, error.Status, operation.Type is null ? null : IdOf(operation), Error: error);
        }
    }

    /// <summary>Why a reference cannot be replaced; null if it can.</summary>
    private ScimError? FindFault(string bulkId)
    {
        if (ids.ContainsKey(bulkId))
        {
            return null;
        }

        if (!posts.TryGetValue(bulkId, out var index))
        {
            return new(400, "invalidValue", $"The operation refers to 'bulkId:{bulkId}', but no POST of this request has that bulkId.");
        }

        var failed = results[index]!.Error!;
        return failed.Status is 429 or >= 500
            ? failed
            : new(400, "invalidValue",
                $"The operation refers to 'bulkId:{bulkId}', whose resource was not created ({failed.Status}). Correct that operation first.");
    }

    /// <summary>Null for a POST, and for a reference to what does not exist.</summary>
    private string? IdOf(BulkOperation operation) =>
        BulkReferences.Find(operation.Target) is { } bulkId ? ids.GetValueOrDefault(bulkId) : operation.Target;
}

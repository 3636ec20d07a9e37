using DirectorySync.Events.Reading;
using Grpc.Core;

namespace DirectorySync.Events.Reconciling;

/// <summary>Serves ReconciliationService.</summary>
internal sealed class ReconciliationRpc(KnownDirectories directories, ReconciliationStore store) : ReconciliationService.ReconciliationServiceBase
{
    public override async Task<StartReconciliationResponse> StartReconciliation(StartReconciliationRequest request, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        return new()
        {
            Reconciliation = await store.StartAsync(request.DirectoryId, context.CancellationToken) ?? throw Inputs.NotFound("directory"),
        };
    }

    public override async Task<GetReconciliationResponse> GetReconciliation(GetReconciliationRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        return new()
        {
            Reconciliation = await store.FindAsync(request.DirectoryId, context.CancellationToken) ?? throw Inputs.NotFound("reconciliation"),
        };
    }
}

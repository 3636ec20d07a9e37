using Grpc.Core;

namespace DirectorySync.Events.Reconciling;

/// <summary>Serves ReconciliationService.</summary>
internal sealed class ReconciliationRpc(ReconciliationStore store) : ReconciliationService.ReconciliationServiceBase
{
    public override async Task<StartReconciliationResponse> StartReconciliation(StartReconciliationRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
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

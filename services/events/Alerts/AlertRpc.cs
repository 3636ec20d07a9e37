using Grpc.Core;

namespace DirectorySync.Events.Alerts;

/// <summary>Serves AlertService.</summary>
internal sealed class AlertRpc(AlertStore alerts) : AlertService.AlertServiceBase
{
    public override Task<ListAlertsResponse> ListAlerts(ListAlertsRequest request, ServerCallContext context) =>
        alerts.ListAsync(request, context.CancellationToken);
}

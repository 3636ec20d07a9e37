using DirectorySync.AttributeMapping.Definitions;
using DirectorySync.AttributeMapping.Engine;
using Grpc.Core;

namespace DirectorySync.AttributeMapping.Mappings;

/// <summary>Serves MappingService.</summary>
internal sealed class MappingRpc(
    MappingStore mappings, DefinitionStore definitions, Preview preview, Diagnoses diagnoses, Recomputer recomputer)
    : MappingService.MappingServiceBase
{
    public override async Task<GetMappingResponse> GetMapping(GetMappingRequest request, ServerCallContext context)
    {
        var mapping = await mappings.GetAsync(request.DirectoryId, context.CancellationToken);
        var (all, _) = await definitions.ListAsync(context.CancellationToken);
        var plan = new MappingPlan(all, mapping.Rules);
        return new()
        {
            Mapping = mapping,
            Effective = { plan.Rules.Select(rule => new EffectiveMapping { Rule = rule.Rule, Automatic = rule.Automatic }) },
        };
    }

    public override Task<ListMappingVersionsResponse> ListMappingVersions(ListMappingVersionsRequest request, ServerCallContext context) =>
        mappings.ListVersionsAsync(request, context.CancellationToken);

    public override async Task<UpdateMappingResponse> UpdateMapping(UpdateMappingRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var (all, _) = await definitions.ListAsync(ct);
        var rules = MappingRules.Normalize(request.Rules, all);
        var written = await mappings.WriteAsync(
            request.DirectoryId, request.HasExpectedVersion ? request.ExpectedVersion : null,
            (_, _) => Task.FromResult(new DirectoryMapping { Rules = { rules } }), ct);
        recomputer.Wake();
        return new() { Mapping = written };
    }

    public override async Task<UndoMappingResponse> UndoMapping(UndoMappingRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var written = await mappings.WriteAsync(
            request.DirectoryId,
            request.HasExpectedVersion ? request.ExpectedVersion : null,
            async (tx, current) =>
            {
                var version = request.HasVersion ? request.Version : current.Version - 1;
                if (version == 0)
                {
                    return new DirectoryMapping();
                }

                var earlier = version < current.Version && version > 0
                    ? await MappingStore.FindVersionAsync(tx, request.DirectoryId, version, ct)
                    : null;
                return new DirectoryMapping
                {
                    Rules = { (earlier ?? throw Inputs.NotFound("earlier version of the mapping")).Rules }, RestoredVersion = version,
                };
            },
            ct);
        recomputer.Wake();
        return new() { Mapping = written };
    }

    public override async Task<PreviewMappingResponse> PreviewMapping(PreviewMappingRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var current = await mappings.GetAsync(request.DirectoryId, ct);
        var (all, _) = await definitions.ListAsync(ct);
        var then = new MappingPlan(all, MappingRules.Normalize(request.Rules, all));
        return await preview.OfAsync(request.DirectoryId, new MappingPlan(all, current.Rules), then, ct);
    }

    public override async Task<DiagnoseMappingResponse> DiagnoseMapping(DiagnoseMappingRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var mapping = await mappings.GetAsync(request.DirectoryId, ct);
        var (all, _) = await definitions.ListAsync(ct);
        var found = await diagnoses.OfAsync(request.DirectoryId, mapping, all, ct);
        return new()
        {
            Diagnoses =
            {
                found.Where(d => request.Attribute.Length == 0 || d.Attribute.Equals(request.Attribute, StringComparison.OrdinalIgnoreCase)),
            },
        };
    }

    public override async Task<GetRecomputationResponse> GetRecomputation(GetRecomputationRequest request, ServerCallContext context) =>
        new() { Recomputation = await mappings.GetRecomputationAsync(request.DirectoryId, context.CancellationToken) };
}

using DirectorySync.AttributeMapping.Definitions;
using DirectorySync.AttributeMapping.Engine;
using DirectorySync.AttributeMapping.Profiles;
using Grpc.Core;

namespace DirectorySync.AttributeMapping.Mappings;

/// <summary>Serves MappingService.</summary>
internal sealed class MappingRpc(
    KnownDirectories directories,
    MappingStore mappings,
    DefinitionStore definitions,
    Preview preview,
    Diagnoses diagnoses,
    Recomputer recomputer)
    : MappingService.MappingServiceBase
{
    public override async Task<GetMappingResponse> GetMapping(GetMappingRequest request, ServerCallContext context)
    {
        var provider = await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        var mapping = await mappings.GetAsync(request.DirectoryId, context.CancellationToken);
        var (all, _) = await definitions.ListAsync(context.CancellationToken);
        var plan = new MappingPlan(all, mapping.Rules, provider);
        return new()
        {
            Mapping = mapping,
            Effective = { plan.Rules.Select(rule => new EffectiveMapping { Rule = rule.Rule, Automatic = rule.Automatic }) },
        };
    }

    public override async Task<ListMappingVersionsResponse> ListMappingVersions(
        ListMappingVersionsRequest request, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        return await mappings.ListVersionsAsync(request, context.CancellationToken);
    }

    public override async Task<UpdateMappingResponse> UpdateMapping(UpdateMappingRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        await directories.RequireAsync(request.DirectoryId, ct);
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
        await directories.RequireAsync(request.DirectoryId, ct);
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
        var provider = await directories.RequireAsync(request.DirectoryId, ct);
        var current = await mappings.GetAsync(request.DirectoryId, ct);
        var (all, _) = await definitions.ListAsync(ct);
        var then = new MappingPlan(all, MappingRules.Normalize(request.Rules, all), provider);
        return await preview.OfAsync(request.DirectoryId, new MappingPlan(all, current.Rules, provider), then, ct);
    }

    public override async Task<DiagnoseMappingResponse> DiagnoseMapping(DiagnoseMappingRequest request, ServerCallContext context)
    {
        var ct = context.CancellationToken;
        var provider = await directories.RequireAsync(request.DirectoryId, ct);
        var mapping = await mappings.GetAsync(request.DirectoryId, ct);
        var (all, _) = await definitions.ListAsync(ct);
        var found = await diagnoses.OfAsync(mapping, all, provider, ct);
        return new()
        {
            Diagnoses =
            {
                found.Where(d => request.Attribute.Length == 0 || d.Attribute.Equals(request.Attribute, StringComparison.OrdinalIgnoreCase)),
            },
        };
    }

    public override async Task<GetRecomputationResponse> GetRecomputation(GetRecomputationRequest request, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        return new() { Recomputation = await mappings.GetRecomputationAsync(request.DirectoryId, context.CancellationToken) };
    }
}

using DirectorySync.AttributeMapping.Mappings;
using Grpc.Core;

namespace DirectorySync.AttributeMapping.Definitions;

/// <summary>Serves DefinitionService.</summary>
internal sealed class DefinitionRpc(DefinitionStore definitions, Recomputer recomputer, TimeProvider time)
    : DefinitionService.DefinitionServiceBase
{
    private const string Thing = "definition";

    public override async Task<CreateDefinitionResponse> CreateDefinition(CreateDefinitionRequest request, ServerCallContext context)
    {
        var wanted = DefinitionRules.Create(request.Definition ?? new(), time.Now());
        var created = await definitions.CreateAsync(wanted, DefinitionRules.Most, context.CancellationToken);
        recomputer.Wake();
        return new() { Definition = created };
    }

    public override async Task<GetDefinitionResponse> GetDefinition(GetDefinitionRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.Name, Thing);
        return new() { Definition = await definitions.FindAsync(request.Name, context.CancellationToken) ?? throw Inputs.NotFound(Thing) };
    }

    public override async Task<ListDefinitionsResponse> ListDefinitions(ListDefinitionsRequest request, ServerCallContext context)
    {
        var (all, version) = await definitions.ListAsync(context.CancellationToken);
        return new() { Definitions = { all }, Version = version };
    }

    public override async Task<UpdateDefinitionResponse> UpdateDefinition(UpdateDefinitionRequest request, ServerCallContext context)
    {
        var wanted = request.Definition ?? new();
        Inputs.RequireId(wanted.Name, Thing);
        var updated = await definitions.UpdateAsync(
            wanted.Name, request.ExpectedVersion,
            current => DefinitionRules.Update(current, wanted, request.UpdateMask, time.Now()), context.CancellationToken);
        recomputer.Wake();
        return new() { Definition = updated };
    }

    public override async Task<DeleteDefinitionResponse> DeleteDefinition(DeleteDefinitionRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.Name, Thing);
        await definitions.DeleteAsync(request.Name, request.ExpectedVersion, context.CancellationToken);
        recomputer.Wake();
        return new();
    }
}

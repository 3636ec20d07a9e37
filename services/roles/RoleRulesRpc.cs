using Grpc.Core;

namespace DirectorySync.Roles;

/// <summary>Serves RoleRulesService.</summary>
internal sealed class RoleRulesRpc(KnownDirectories directories, RulesStore rules, RulesPreview preview, ProblemStore problems)
    : RoleRulesService.RoleRulesServiceBase
{
    private const int UsualPage = 100;
    private const int LargestPage = 1_000;

    public override async Task<GetRoleRulesResponse> GetRoleRules(GetRoleRulesRequest request, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        var (found, recomputation) = await rules.GetAsync(request.DirectoryId, context.CancellationToken);
        return new() { Rules = found, Recomputation = recomputation };
    }

    public override async Task<UpdateRoleRulesResponse> UpdateRoleRules(UpdateRoleRulesRequest request, ServerCallContext context)
    {
        var wanted = request.Rules ?? new();
        await directories.RequireAsync(wanted.DirectoryId, context.CancellationToken);
        await rules.UpdateAsync(wanted, request.ExpectedVersion, context.CancellationToken);
        var (updated, recomputation) = await rules.GetAsync(wanted.DirectoryId, context.CancellationToken);
        return new() { Rules = updated, Recomputation = recomputation };
    }

    public override async Task<PreviewRoleRulesResponse> PreviewRoleRules(PreviewRoleRulesRequest request, ServerCallContext context)
    {
        var wanted = request.Rules ?? new();
        await directories.RequireAsync(wanted.DirectoryId, context.CancellationToken);
        return await preview.RunAsync(wanted, context.CancellationToken);
    }

    public override async Task<ListRoleProblemsResponse> ListRoleProblems(ListRoleProblemsRequest request, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        var limit = request.PageSize is > 0 and <= LargestPage ? request.PageSize : UsualPage;
        return new() { Problems = { await problems.ListAsync(request.DirectoryId, limit, context.CancellationToken) } };
    }
}

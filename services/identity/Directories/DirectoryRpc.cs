using Grpc.Core;

namespace DirectorySync.Identity.Directories;

/// <summary>Serves DirectoryService.</summary>
internal sealed class DirectoryRpc(DirectoryStore directories, ProblemStore problems, DirectoryRemoval removal)
    : DirectoryService.DirectoryServiceBase
{
    private const int UsualProblems = 100;
    private const int MostProblems = 1000;

    public override async Task<CreateDirectoryResponse> CreateDirectory(CreateDirectoryRequest request, ServerCallContext context)
    {
        var wanted = request.Directory ?? new();
        Inputs.RequireId(wanted.OrganizationId, "organization");
        return new() { Directory = await directories.CreateAsync(wanted, Inputs.RequestId(request.RequestId), context.CancellationToken) };
    }

    public override async Task<GetDirectoryResponse> GetDirectory(GetDirectoryRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.Id, "directory");
        var found = await directories.FindAsync(request.Id, context.CancellationToken);
        return new() { Directory = found ?? throw Inputs.NotFound("directory") };
    }

    public override async Task<ListDirectoriesResponse> ListDirectories(ListDirectoriesRequest request, ServerCallContext context)
    {
        var page = ListPage.Of(request.Page);
        var rows = await directories.ListAsync(
            page,
            Inputs.OptionalText("organization_id", request.OrganizationId),
            Inputs.OptionalText("domain", request.Domain),
            Inputs.OptionalText("search", request.Search),
            context.CancellationToken);
        var (listed, metadata) = page.Cut(rows, directory => directory.Id);
        return new() { Directories = { listed }, Page = metadata };
    }

    public override async Task<UpdateDirectoryResponse> UpdateDirectory(UpdateDirectoryRequest request, ServerCallContext context)
    {
        var wanted = request.Directory ?? new();
        Inputs.RequireId(wanted.Id, "directory");
        return new() { Directory = await directories.UpdateAsync(wanted, request.UpdateMask, context.CancellationToken) };
    }

    public override async Task<DeleteDirectoryResponse> DeleteDirectory(DeleteDirectoryRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.Id, "directory");
        await directories.CloseAsync(request.Id, context.CancellationToken);
        removal.Wake();
        return new();
    }

    public override async Task<ListProblemsResponse> ListProblems(ListProblemsRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        if (request.PageSize is < 0 or > MostProblems)
        {
            throw Inputs.Invalid("page_size", $"{request.PageSize}", "Out of range.", $"Give 1 to {MostProblems}, or 0 for {UsualProblems}.");
        }

        var limit = request.PageSize == 0 ? UsualProblems : request.PageSize;
        return new() { Problems = { await problems.ListAsync(request.DirectoryId, limit, context.CancellationToken) } };
    }
}

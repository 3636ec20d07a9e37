using Grpc.Core;

namespace DirectorySync.Events.Reading;

/// <summary>Serves ReadModelService.</summary>
internal sealed class ReadModelRpc(
    KnownDirectories directories, ReadModelStore store, DifferenceStore differences, PolicyPreview previews, SnapshotStore snapshots)
    : ReadModelService.ReadModelServiceBase
{
    private const int UsualExamples = 10;
    private const int MostExamples = 100;

    public override async Task<GetDirectoryUserResponse> GetDirectoryUser(GetDirectoryUserRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.Id, "directory user");
        var directoryId = await RequireAsync(
            request.DirectoryId, request.Id, "", request.OrganizationId, "directory user", context.CancellationToken);
        var user = await store.FindUserAsync(directoryId, request.Id, context.CancellationToken);
        return new() { User = user ?? throw Inputs.NotFound("directory user") };
    }

    public override async Task<ListDirectoryUsersResponse> ListDirectoryUsers(ListDirectoryUsersRequest request, ServerCallContext context)
    {
        RequireEither(request.DirectoryId, request.GroupId, "group");
        var directoryId = await RequireAsync(
            request.DirectoryId, "", request.GroupId, request.OrganizationId, request.GroupId.Length > 0 ? "directory group" : "directory",
            context.CancellationToken);
        var (users, page) = await store.ListUsersAsync(directoryId, request, context.CancellationToken);
        return new() { Users = { users }, Page = page };
    }

    public override async Task<GetDirectoryGroupResponse> GetDirectoryGroup(GetDirectoryGroupRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.Id, "directory group");
        var directoryId = await RequireAsync(
            request.DirectoryId, "", request.Id, request.OrganizationId, "directory group", context.CancellationToken);
        var group = await store.FindGroupAsync(directoryId, request.Id, context.CancellationToken);
        return new() { Group = group ?? throw Inputs.NotFound("directory group") };
    }

    public override async Task<ListDirectoryGroupsResponse> ListDirectoryGroups(ListDirectoryGroupsRequest request, ServerCallContext context)
    {
        RequireEither(request.DirectoryId, request.UserId, "user");
        var directoryId = await RequireAsync(
            request.DirectoryId, request.UserId, "", request.OrganizationId, request.UserId.Length > 0 ? "directory user" : "directory",
            context.CancellationToken);
        var (groups, page) = await store.ListGroupsAsync(directoryId, request, context.CancellationToken);
        return new() { Groups = { groups }, Page = page };
    }

    public override async Task<GetDifferenceResponse> GetDifference(GetDifferenceRequest request, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        return await differences.FindAsync(request.DirectoryId, ExamplesOf(request.Examples), context.CancellationToken)
            ?? throw Inputs.NotFound("directory");
    }

    public override async Task<PreviewPoliciesResponse> PreviewPolicies(PreviewPoliciesRequest request, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        return await previews.FindAsync(request.DirectoryId, request.Policies ?? new(), ExamplesOf(request.Examples), context.CancellationToken)
            ?? throw Inputs.NotFound("directory");
    }

    public override async Task ExportDirectory(
        ExportDirectoryRequest request, IServerStreamWriter<ExportDirectoryResponse> responseStream, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        await snapshots.ExportAsync(request, responseStream, context.CancellationToken);
    }

    private static int ExamplesOf(int wanted) => wanted switch
    {
        0 => UsualExamples,
        < 0 or > MostExamples => throw Inputs.Invalid("examples", $"{wanted}", $"There are 0 to {MostExamples}.", $"Give 0 for {UsualExamples}."),
        _ => wanted,
    };

    private async Task<string> RequireAsync(
        string directoryId, string userId, string groupId, string organizationId, string thing, CancellationToken ct)
    {
        foreach (var id in (ReadOnlySpan<string>)[directoryId, userId, groupId, organizationId])
        {
            if (id.Length > 0 && !Inputs.IsId(id))
            {
                throw Inputs.NotFound(thing);
            }
        }

        if (await store.FindDirectoryAsync(directoryId, userId, groupId, organizationId, ct) is { } found)
        {
            return found;
        }

        // Whoever sees one organization does not learn from the time that takes that another has it.
        if (userId.Length + groupId.Length + organizationId.Length > 0)
        {
            throw Inputs.NotFound(thing);
        }

        await directories.RequireAsync(directoryId, ct);
        return directoryId;
    }

    private static void RequireEither(string directoryId, string otherId, string other)
    {
        if (directoryId.Length + otherId.Length == 0)
        {
            throw Inputs.Invalid("directory", "", "Whose are wanted?", $"Give directory or {other}.");
        }
    }
}

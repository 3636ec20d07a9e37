using DirectorySync.Chassis.Errors;
using DirectorySync.Errors.V1;
using DirectorySync.Scim;
using Google.Protobuf.Collections;
using Grpc.Core;

namespace DirectorySync.Identity.Users;

/// <summary>Serves UserService.</summary>
internal sealed class UserRpc(UserStore users, UserList list, UserErasure erasure) : UserService.UserServiceBase
{
    private const int MostRead = 1000;
    private const int MostChecked = 10_000;
    private const int MostOperations = 1000;

    public override async Task<CreateUserResponse> CreateUser(CreateUserRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        var requestId = Inputs.RequestId(request.RequestId);
        return new() { User = await users.CreateAsync(request.DirectoryId, request.User ?? new(), requestId, context.CancellationToken) };
    }

    public override async Task<GetUserResponse> GetUser(GetUserRequest request, ServerCallContext context)
    {
        RequireKey(request.DirectoryId, request.Id);
        var found = await users.FindAsync(request.DirectoryId, request.Id, context.CancellationToken);
        return new() { User = found ?? throw Inputs.NotFound("user") };
    }

    public override async Task<BatchGetUsersResponse> BatchGetUsers(BatchGetUsersRequest request, ServerCallContext context)
    {
        var ids = Ids(request.DirectoryId, request.Ids, MostRead);
        if (request.UserNames.Count > 0)
        {
            return new() { Users = { await users.FindNamedAsync(request.DirectoryId, Names(request), context.CancellationToken) } };
        }

        if (ids is not [var only])
        {
            // One query is cheaper than an entry of the cache for each.
            return new() { Users = { await users.FindAllAsync(request.DirectoryId, ids, context.CancellationToken) } };
        }

        var found = await users.FindAsync(request.DirectoryId, only, context.CancellationToken);
        return found is null ? new() : new() { Users = { found } };
    }

    public override async Task<CheckUsersExistResponse> CheckUsersExist(CheckUsersExistRequest request, ServerCallContext context)
    {
        var ids = Ids(request.DirectoryId, request.Ids, MostChecked);
        return new() { Ids = { await users.FindIdsAsync(request.DirectoryId, ids, context.CancellationToken) } };
    }

    public override Task<ListUsersResponse> ListUsers(ListUsersRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        return list.ReadAsync(request, context.CancellationToken);
    }

    public override async Task<ReplaceUserResponse> ReplaceUser(ReplaceUserRequest request, ServerCallContext context)
    {
        var wanted = request.User ?? new();
        RequireKey(request.DirectoryId, wanted.Id);
        return new()
        {
            User = await users.UpdateAsync(
                request.DirectoryId, wanted.Id, request.ExpectedVersion, _ => wanted, context.CancellationToken),
        };
    }

    public override async Task<PatchUserResponse> PatchUser(PatchUserRequest request, ServerCallContext context)
    {
        RequireKey(request.DirectoryId, request.Id);
        if (request.Operations.Count > MostOperations)
        {
            throw TooMany("operations", request.Operations.Count, MostOperations);
        }

        foreach (var operation in request.Operations.Where(operation => operation.Value is not null))
        {
            UserText.Check(operation.Value);
        }

        return new()
        {
            User = await users.UpdateAsync(
                request.DirectoryId, request.Id, request.ExpectedVersion,
                current => UserPatch.Apply(current, request.Operations), context.CancellationToken),
        };
    }

    public override async Task<DeleteUserResponse> DeleteUser(DeleteUserRequest request, ServerCallContext context)
    {
        RequireKey(request.DirectoryId, request.Id);
        await users.DeleteAsync(request.DirectoryId, request.Id, request.ExpectedVersion, context.CancellationToken);
        return new();
    }

    public override async Task<EraseUserResponse> EraseUser(EraseUserRequest request, ServerCallContext context)
    {
        RequireKey(request.DirectoryId, request.Id);
        await erasure.EraseAsync(request.DirectoryId, request.Id, context.CancellationToken);
        return new();
    }

    private static void RequireKey(string directoryId, string id)
    {
        Inputs.RequireId(directoryId, "user");
        Inputs.RequireId(id, "user");
    }

    private static string[] Ids(string directoryId, RepeatedField<string> ids, int most)
    {
        Inputs.RequireId(directoryId, "directory");
        return ids.Count <= most ? [.. ids.Where(Inputs.IsId).Distinct()] : throw TooMany("ids", ids.Count, most);
    }

    private static string[] Names(BatchGetUsersRequest request) =>
        request.Ids.Count > 0 ? throw Inputs.Invalid("user_names", "", "There are ids too.", "Send either.")
            : request.UserNames.Count > MostRead ? throw TooMany("user_names", request.UserNames.Count, MostRead)
            : [.. request.UserNames.Where(name => name.Length > 0 && !name.Contains('\0', StringComparison.Ordinal)).Select(UserRow.Key).Distinct()];

    private static RpcException TooMany(string attribute, int count, int most) =>
        ErrorReason.LimitExceeded.ToRpc(
            $"{attribute}: {count} are too many at once. Send at most {most}.", ("attribute", attribute), ("value", $"{count}"));
}

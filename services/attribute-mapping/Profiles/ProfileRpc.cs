using DirectorySync.AttributeMapping.Inventory;
using DirectorySync.Chassis.Feed;
using DirectorySync.Identity.V1;
using Grpc.Core;

namespace DirectorySync.AttributeMapping.Profiles;

/// <summary>Serves ProfileService.</summary>
internal sealed class ProfileRpc(
    ProfileStore profiles,
    InventoryStore inventory,
    KnownDirectories directories,
    UserService.UserServiceClient identity,
    TimeProvider time)
    : ProfileService.ProfileServiceBase
{
    private const int MostRead = 1000;

    public override async Task<GetProfileResponse> GetProfile(GetProfileRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "profile");
        Inputs.RequireId(request.UserId, "profile");
        var found = await FeedArrival.FindAsync(
            ct => profiles.FindAsync(request.DirectoryId, request.UserId, ct),
            async call => (await identity.GetUserAsync(new() { DirectoryId = request.DirectoryId, Id = request.UserId }, call)).User is not null,
            time,
            context.CancellationToken);
        return new() { Profile = found ?? throw Inputs.NotFound("profile") };
    }

    public override async Task<BatchGetProfilesResponse> BatchGetProfiles(BatchGetProfilesRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        if (request.UserIds.Count > MostRead)
        {
            throw Inputs.TooMany("user_ids", request.UserIds.Count, MostRead);
        }

        var ids = request.UserIds.Where(Inputs.IsId).Distinct().ToArray();
        return new() { Profiles = { await profiles.FindAllAsync(request.DirectoryId, ids, context.CancellationToken) } };
    }

    public override async Task<ListProfileProblemsResponse> ListProfileProblems(
        ListProfileProblemsRequest request, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        Inputs.Text("attribute", request.Attribute, 256);
        Inputs.Text("user_id", request.UserId, 256);
        return await profiles.ListProblemsAsync(request, context.CancellationToken);
    }

    public override async Task<ListInventoryResponse> ListInventory(ListInventoryRequest request, ServerCallContext context)
    {
        await directories.RequireAsync(request.DirectoryId, context.CancellationToken);
        return await inventory.ListAsync(request, context.CancellationToken);
    }
}

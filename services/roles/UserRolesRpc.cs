using DirectorySync.Chassis.Errors;
using DirectorySync.Chassis.Feed;
using DirectorySync.Chassis.Paging;
using DirectorySync.Errors.V1;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace DirectorySync.Roles;

/// <summary>Serves UserRolesService.</summary>
internal sealed class UserRolesRpc(
    UserRolesStore store, UserRolesCache cache, Freshness freshness, UserService.UserServiceClient identity, TimeProvider time)
    : UserRolesService.UserRolesServiceBase
{
    private const int UsualPage = 100;
    private const int LargestPage = 1_000;

    public override async Task<ListUserRolesResponse> ListUserRoles(ListUserRolesRequest request, ServerCallContext context)
    {
        var (roles, asOf) = await GetAsync(request.DirectoryId, request.UserId, request.AtLeast, context.CancellationToken);
        return new() { Roles = { roles.Roles }, Active = roles.Active, AsOf = asOf };
    }

    public override async Task<CheckRoleResponse> CheckRole(CheckRoleRequest request, ServerCallContext context)
    {
        Inputs.RequireText("role", request.Role, 64);
        var (roles, asOf) = await GetAsync(request.DirectoryId, request.UserId, request.AtLeast, context.CancellationToken);
        return new() { Allowed = roles.Active && roles.Roles.Any(role => role.Slug == request.Role), AsOf = asOf };
    }

    public override async Task<ListRoleUsersResponse> ListRoleUsers(ListRoleUsersRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        Inputs.RequireText("role", request.Role, 64);
        if (request.PageSize is < 0 or > LargestPage)
        {
            throw Inputs.Invalid("page_size", $"{request.PageSize}", $"A page has 1 to {LargestPage} users.", $"Give 0 for {UsualPage}.");
        }

        var limit = request.PageSize == 0 ? UsualPage : request.PageSize;
        var after = request.PageToken.Length == 0 ? "" : PageToken.Read(nameof(ListRoleUsers), request.PageToken, 3) is [var directory, var role, var id]
            && directory == request.DirectoryId && role == request.Role ? id
            : throw ErrorReason.InvalidPageToken.ToRpc(
                "The page token belongs to another list.",
                ("attribute", "pageToken"), ("remedy", "Send next_page_token of the page before unchanged, or start without a token."));
        var users = await store.ListHoldersAsync(request.DirectoryId, request.Role, after, limit + 1, context.CancellationToken);
        var response = new ListRoleUsersResponse { Users = { users.Take(limit) } };
        if (users.Count > limit)
        {
            response.NextPageToken = PageToken.Issue(nameof(ListRoleUsers), request.DirectoryId, request.Role, users[limit - 1].UserId);
        }

        return response;
    }

    public override async Task<GetUserRolesExplanationResponse> GetUserRolesExplanation(
        GetUserRolesExplanationRequest request, ServerCallContext context)
    {
        Inputs.RequireId(request.DirectoryId, "directory");
        Inputs.RequireId(request.UserId, "user");
        var user = new UserKey(request.DirectoryId, request.UserId);
        return await ArrivalAsync(user, ct => store.ExplainAsync(user, ct), context.CancellationToken) ?? throw Inputs.NotFound("user");
    }

    private async Task<(UserRoles Roles, AsOf AsOf)> GetAsync(string directoryId, string userId, Demand? demand, CancellationToken ct)
    {
        Inputs.RequireId(directoryId, "directory");
        Inputs.RequireId(userId, "user");

        // Before the roles are read: they are at least as new.
        var known = freshness.Last;
        var (longest, since) = (demand?.MaxStaleness?.ToTimeSpan(), demand?.Time?.ToDateTimeOffset());
        if (known is null ? longest is not null || since is not null : time.GetUtcNow() - known.Here > longest || known.Time < since)
        {
            throw NotCaughtUp(known is null
                ? "It is not known how far behind the other services this one is."
                : $"This service knows what was committed until {(time.GetUtcNow() - known.Here).TotalSeconds:0.0} seconds ago.");
        }

        var roles = await FindAsync(new(directoryId, userId), demand, ct);
        return (roles, new()
        {
            UserVersion = roles.UserVersion,
            Version = roles.Version,
            Time = known?.Time.ToTimestamp(),
        });
    }

    private async Task<UserRoles> FindAsync(UserKey user, Demand? demand, CancellationToken ct)
    {
        var found = await cache.FindAsync(user);
        if (found.IsHit && UserRoles.Parser.ParseFrom(found.Roles.Value.Span) is var cached && Satisfies(cached, demand))
        {
            return cached;
        }

        var stored = await store.FindAsync(user, ct);
        var demanded = demand is { UserVersion: > 0 } or { Version: > 0 };
        if (!stored.IsSaid && !demanded)
        {
            stored = await ArrivalAsync(user, async ct => await store.FindAsync(user, ct) is { IsSaid: true } said ? said : null, ct)
                ?? throw Inputs.NotFound("user");
        }

        if (stored.Roles is { } roles && Satisfies(roles, demand))
        {
            if (stored.IsKnown)
            {
                cache.Fill(roles, found);
            }

            return roles;
        }

        throw stored.IsKnown || (stored.IsOpen && demanded)
            ? NotCaughtUp("What is demanded has not arrived at this service yet.")
            : Inputs.NotFound("user");
    }

    // A user who has just been created is not known here yet.
    private Task<T?> ArrivalAsync<T>(UserKey user, Func<CancellationToken, Task<T?>> find, CancellationToken ct)
        where T : class => FeedArrival.FindAsync(
            find,
            async call => (await identity.GetUserAsync(new() { DirectoryId = user.DirectoryId, Id = user.Id }, call)).User is not null,
            time,
            ct);

    private static bool Satisfies(UserRoles roles, Demand? demand) =>
        demand is null || (roles.UserVersion >= demand.UserVersion && roles.Version >= demand.Version);

    private static RpcException NotCaughtUp(string why)
    {
        const string remedy = "Try again in a moment, or demand less.";
        return ErrorReason.NotCaughtUp.ToRpc($"{why} {remedy}", ("remedy", remedy));
    }
}

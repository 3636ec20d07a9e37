using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Roles.V1;
using Google.Protobuf.Collections;
using Grpc.Core;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>What a person should look at in a directory, from all services, each with its remedy.</summary>
internal sealed class DirectoryProblems(
    DirectoryService.DirectoryServiceClient directories,
    GroupService.GroupServiceClient groups,
    ProfileService.ProfileServiceClient profiles,
    RoleRulesService.RoleRulesServiceClient roles,
    ServiceCalls calls)
{
    // The others can be read while a service that only follows is away.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The newest first.</summary>
    public async Task<IEnumerable<Problem>> ListAsync(HttpContext http, Directory directory, int limit)
    {
        var ofUsers = new ListProblemsRequest { DirectoryId = directory.Id, PageSize = limit };
        var ofGroups = new ListGroupProblemsRequest { DirectoryId = directory.Id, PageSize = limit };
        var count = new CountGroupsRequest { DirectoryIds = { directory.Id } };
        var users = calls.SendAsync(http, call => directories.ListProblemsAsync(ofUsers, call).ResponseAsync);
        var members = calls.SendAsync(http, call => groups.ListGroupProblemsAsync(ofGroups, call).ResponseAsync);
        var counted = calls.SendAsync(http, call => groups.CountGroupsAsync(count, call).ResponseAsync);
        var ofRoles = OrUnknownAsync(http, "roles", "ROLE_PROBLEMS_UNKNOWN", async call => (await roles.ListRoleProblemsAsync(
            new() { DirectoryId = directory.Id, PageSize = limit }, call)).Problems);
        var ofAttributes = OrUnknownAsync(http, "attributes", "ATTRIBUTE_PROBLEMS_UNKNOWN", async call => (await profiles.ListProfileProblemsAsync(
            new() { DirectoryId = directory.Id, PageSize = limit }, call)).Problems);
        await Task.WhenAll(users, members, counted, ofRoles, ofAttributes);

        var others = (await users).Problems.Concat((await members).Problems).Concat(await ofRoles).ToList();
        if (FindMissingGroups(directory, (await counted).GroupCounts.GetValueOrDefault(directory.Id)) is { } missing)
        {
            others.Add(missing);
        }

        return Merge(others, await ofAttributes, limit);
    }

    /// <summary>
    /// The newest of both first. One wrong mapping is a problem of every person: these never take more than half of the places from the
    /// others, and are all in /attribute_problems.
    /// </summary>
    internal static IEnumerable<Problem> Merge(IEnumerable<Problem> others, IReadOnlyCollection<Problem> ofAttributes, int limit)
    {
        var first = NewestFirst(others).Take(limit).ToList();
        var places = limit - Math.Min(first.Count, (limit + 1) / 2);
        var attributes = NewestFirst(ofAttributes).Take(places).ToList();
        return NewestFirst(first.Take(limit - attributes.Count).Concat(attributes));
    }

    // Without a time it is about the directory as it is now, and comes first.
    private static IOrderedEnumerable<Problem> NewestFirst(IEnumerable<Problem> problems) =>
        problems.OrderByDescending(problem => problem.Since?.ToDateTime() ?? DateTime.MaxValue);

    private async Task<IReadOnlyCollection<Problem>> OrUnknownAsync(
        HttpContext http, string what, string code, Func<CallOptions, Task<RepeatedField<Problem>>> list)
    {
        try
        {
            return await calls.TryAsync(http, list, Patience);
        }
        catch (RpcException e) when (ServiceCalls.IsAway(e) && !http.RequestAborted.IsCancellationRequested)
        {
            return
            [
                new()
                {
                    Code = code,
                    Detail = $"Whether there are problems with {what} cannot be said at the moment.",
                    Remedy = "Look again in a minute.",
                },
            ];
        }
    }

    /// <summary>Users without any group: neither service can tell alone.</summary>
    internal static Problem? FindMissingGroups(Directory directory, long groupCount)
    {
        var users = (directory.UserCounts?.Active ?? 0) + (directory.UserCounts?.Inactive ?? 0);
        return users == 0 || groupCount > 0 ? null : new Problem
        {
            Code = "USERS_BUT_NO_GROUPS",
            Detail = "Users arrived, but no group.",
            Remedy = directory.Provider switch
            {
                Provider.Okta => "If the application needs groups: in Okta, open the application's Push Groups tab and push them.",
                Provider.Entra => "If the application needs groups: in Entra, assign them under the application's Users and groups, "
                    + "and keep the provisioning of groups switched on under Mappings.",
                _ => "If the application needs groups: push them from the identity provider.",
            },
            Since = directory.Connection?.FirstContactTime,
        };
    }
}

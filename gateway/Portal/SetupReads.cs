using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Portal.Access;
using DirectorySync.Gateway.Portal.Checks;
using DirectorySync.Gateway.Portal.Guides;
using DirectorySync.Gateway.Rest;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using Grpc.Core;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Portal;

/// <summary>Reads what the pages of a session show: its directories and nothing else.</summary>
internal sealed class SetupReads(
    DirectoryService.DirectoryServiceClient directories,
    CredentialService.CredentialServiceClient credentials,
    UserService.UserServiceClient users,
    RequestLogService.RequestLogServiceClient requests,
    GroupService.GroupServiceClient groups,
    DefinitionService.DefinitionServiceClient definitions,
    MappingService.MappingServiceClient mappings,
    ProfileService.ProfileServiceClient profiles,
    PublicAddress address,
    ServiceCalls calls,
    TimeProvider time)
{
    // A page whose service is away says so, and the rest of it works.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private sealed record Arrived(
        IReadOnlyList<Definition> Definitions, IReadOnlyList<EffectiveMapping> Mapping, IReadOnlyList<Diagnosis> Diagnoses, IReadOnlyList<InventoryEntry> Inventory);

    /// <summary>The session's directories, the newest first, those that are being deleted aside.</summary>
    public async Task<IReadOnlyList<Directory>> ListAsync(HttpContext http)
    {
        var session = PortalSession.Of(http);
        var request = new ListDirectoriesRequest { OrganizationId = session.OrganizationId, Page = new() { Limit = 100 } };
        var answer = await calls.SendAsync(http, call => directories.ListDirectoriesAsync(request, call).ResponseAsync);
        return [.. answer.Directories.Where(session.Reaches)];
    }

    /// <summary>The directory of the path. Another one is as absent as one that does not exist.</summary>
    public async Task<Directory> GetDirectoryAsync(HttpContext http)
    {
        var request = new GetDirectoryRequest { Id = (string)http.Request.RouteValues["directory"]! };
        var directory = (await calls.SendAsync(http, call => directories.GetDirectoryAsync(request, call).ResponseAsync)).Directory;
        return PortalSession.Of(http).Reaches(directory) ? directory : throw RestErrors.NotFound("directory");
    }

    public string BaseUrl(HttpContext http, Directory directory) => address.ScimBaseUrl(
        http.Request, directory.EndpointLabel.Length > 0 ? directory.EndpointLabel : directory.EndpointKey);

    /// <summary>The guide and the step of the path.</summary>
    public static (Guide Guide, SetupStep Step) GetStep(HttpContext http) =>
        Guide.Find((string)http.Request.RouteValues["guide"]!) is { } guide && guide.FindStep((string)http.Request.RouteValues["step"]!) is { } step
            ? (guide, step) : throw RestErrors.NotFound("step");

    /// <summary>All that the page of a step shows.</summary>
    public async Task<Setup> GetAsync(HttpContext http)
    {
        var (guide, step) = GetStep(http);
        var directory = await GetDirectoryAsync(http);
        var id = directory.Id;
        var listTokens = calls.SendAsync(http, call => credentials.ListScimTokensAsync(
            new() { DirectoryId = id, Page = new() { Limit = 20 } }, call).ResponseAsync);
        var listRequests = calls.SendAsync(http, call => requests.ListRequestsAsync(new() { DirectoryId = id, PageSize = 100 }, call).ResponseAsync);
        var listUsers = calls.SendAsync(http, call => users.ListUsersAsync(new() { DirectoryId = id, PageSize = 1, SkipTotal = true }, call).ResponseAsync);
        var readGroups = GetGroupsAsync(http, id);
        var readAttributes = FindArrivedAsync(http, id);
        await Task.WhenAll(listTokens, listRequests, listUsers, readGroups, readAttributes);

        var now = time.GetUtcNow();
        var traffic = new Traffic((await listRequests).Requests);
        var (connection, counts) = (directory.Connection ?? new(), directory.UserCounts ?? new());
        var first = (await listUsers).Users.FirstOrDefault();
        var tokens = (await listTokens).ScimTokens.Where(token => token.RevokeTime is null && !(token.ExpireTime?.ToDateTimeOffset() <= now)).ToList();
        var (groupList, unresolved) = await readGroups;
        var arrived = await readAttributes;
        var rows = arrived is null ? [] : AttributeCheck.Rows(guide, arrived.Definitions, arrived.Mapping, arrived.Diagnoses, first is not null);
        var tags = arrived is null ? [] : AttributeCheck.Tags(guide, arrived.Inventory, arrived.Diagnoses);
        var baseUrl = BaseUrl(http, directory);
        return new(guide, step, directory, baseUrl, now)
        {
            Tokens = tokens,
            Secret = http.Features.Get<NewToken>()?.Secret,
            Address = AddressCheck.Find(guide, baseUrl),
            Connection = ConnectionCheck.Of(guide, connection, tokens.Count > 0, traffic),
            People = PeopleCheck.Of(guide, connection, counts, first, traffic),
            Later = [.. PeopleCheck.Later(counts, traffic)],
            Groups = groupList is null ? new(CheckState.Unknown, "Groups cannot be looked at right now", "", "Look again in a minute.")
                : GroupCheck.Of(guide, first is not null, groupList.TotalSize, groupList.Groups.FirstOrDefault(), unresolved, traffic),
            Attributes = arrived is null ? new(CheckState.Unknown, "Attributes cannot be looked at right now", "", "Look again in a minute.")
                : AttributeCheck.Sum(rows, tags, first is not null),
            Rows = rows,
            Tags = tags,
        };
    }

    private async Task<(ListGroupsResponse? Groups, long Unresolved)> GetGroupsAsync(HttpContext http, string directoryId)
    {
        try
        {
            var list = calls.TryAsync(http, call => groups.ListGroupsAsync(new() { DirectoryId = directoryId, PageSize = 1 }, call).ResponseAsync, Patience);
            var unresolved = calls.TryAsync(
                http, call => groups.ListUnresolvedMembersAsync(new() { DirectoryId = directoryId, PageSize = 1 }, call).ResponseAsync, Patience);
            await Task.WhenAll(list, unresolved);
            return (await list, (await unresolved).TotalSize);
        }
        catch (RpcException e) when (ServiceCalls.IsAway(e) && !http.RequestAborted.IsCancellationRequested)
        {
            return (null, 0);
        }
    }

    private async Task<Arrived?> FindArrivedAsync(HttpContext http, string directoryId)
    {
        try
        {
            var defined = calls.TryAsync(http, call => definitions.ListDefinitionsAsync(new(), call).ResponseAsync, Patience);
            var mapping = calls.TryAsync(http, call => mappings.GetMappingAsync(new() { DirectoryId = directoryId }, call).ResponseAsync, Patience);
            var diagnoses = calls.TryAsync(http, call => mappings.DiagnoseMappingAsync(new() { DirectoryId = directoryId }, call).ResponseAsync, Patience);
            var inventory = calls.TryAsync(
                http, call => profiles.ListInventoryAsync(new() { DirectoryId = directoryId, PageSize = 1000 }, call).ResponseAsync, Patience);
            await Task.WhenAll(defined, mapping, diagnoses, inventory);
            return new((await defined).Definitions, (await mapping).Effective, (await diagnoses).Diagnoses, (await inventory).Entries);
        }
        catch (RpcException e) when (ServiceCalls.IsAway(e) && !http.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }
}

/// <summary>A token that this request has made: shown in its answer, and kept nowhere.</summary>
internal sealed record NewToken(string Secret);

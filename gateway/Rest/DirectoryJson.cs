using System.Text.Json.Nodes;
using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Hosting;
using DirectorySync.GroupMembership.V1;
using Grpc.Core;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>Directories as the contract shows them, with this product's own fields beside.</summary>
internal sealed class DirectoryJson(
    GroupService.GroupServiceClient groups, ServiceCalls calls, PublicAddress address, ILogger<DirectoryJson> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<JsonObject> WriteAsync(HttpContext http, Directory directory) => (await WriteAsync(http, [directory]))[0];

    public async Task<IReadOnlyList<JsonObject>> WriteAsync(HttpContext http, IReadOnlyList<Directory> directories)
    {
        var counts = await CountGroupsAsync(http, directories);
        return [.. directories.Select(directory => Write(http.Request, directory, counts))];
    }

    private JsonObject Write(HttpRequest request, Directory directory, IDictionary<string, long>? groupCounts)
    {
        var json = new JsonObject
        {
            ["object"] = "directory",
            ["id"] = directory.Id,
            ["organization_id"] = directory.OrganizationId,
            ["external_key"] = directory.EndpointKey,
            ["type"] = DirectoryNames.Types.Of(directory.Provider),
            ["state"] = DirectoryNames.StateOf(directory),
            ["name"] = directory.Name,
        };
        if (groupCounts is not null)
        {
            json["metadata"] = new JsonObject
            {
                ["users"] = new JsonObject
                {
                    ["active"] = directory.UserCounts?.Active ?? 0, ["inactive"] = directory.UserCounts?.Inactive ?? 0,
                },
                ["groups"] = groupCounts.TryGetValue(directory.Id, out var count) ? count : 0,
            };
        }

        json["created_at"] = RestResponse.Time(directory.CreateTime);
        json["updated_at"] = RestResponse.Time(directory.UpdateTime);
        json["delivery"] = DirectoryNames.Deliveries.Of(directory.State);
        json["scim_base_url"] = address.ScimBaseUrl(
            request, directory.EndpointLabel.Length > 0 ? directory.EndpointLabel : directory.EndpointKey);
        json["endpoint_label"] = directory.EndpointLabel.Length > 0 ? directory.EndpointLabel : null;
        json["first_contact_at"] = RestResponse.Time(directory.Connection?.FirstContactTime);
        json["last_contact_at"] = RestResponse.Time(directory.Connection?.LastContactTime);
        json["last_failure_at"] = RestResponse.Time(directory.Connection?.LastFailureTime);
        json["policies"] = PolicyJson.Write(directory);
        return json;
    }

    /// <summary>Null while group-membership is away: the counts are optional in the contract, a wrong zero would not be.</summary>
    private async Task<IDictionary<string, long>?> CountGroupsAsync(HttpContext http, IReadOnlyList<Directory> directories)
    {
        var request = new CountGroupsRequest { DirectoryIds = { directories.Select(directory => directory.Id) } };
        try
        {
            return directories.Count == 0
                ? new Dictionary<string, long>()
                : (await calls.TryAsync(http, call => groups.CountGroupsAsync(request, call).ResponseAsync, Patience)).GroupCounts;
        }
        catch (RpcException e)
        {
            logger.GroupsAway(e.StatusCode);
            return null;
        }
    }
}

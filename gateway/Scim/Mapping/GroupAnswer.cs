using System.Text.Json;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>Writes groups while their members arrive, no faster than the client reads.</summary>
internal static class GroupAnswer
{
    public static async Task SendAsync(
        HttpContext http, int status, Group group, IAsyncEnumerable<IReadOnlyList<Member>>? members, Wanted wanted)
    {
        ScimResponse.Identify(http, GroupJson.Location(ScimScope.Of(http).BaseUrl, group.Id), group.Version);
        await using var writer = ScimResponse.Start(http, status);
        await WriteAsync(http, writer, group, members, wanted);
    }

    /// <summary>One group; null members are left out.</summary>
    public static async Task WriteAsync(
        HttpContext http, Utf8JsonWriter writer, Group group, IAsyncEnumerable<IReadOnlyList<Member>>? members, Wanted wanted)
    {
        var scope = ScimScope.Of(http);
        GroupJson.WriteStart(writer, group, scope.BaseUrl, wanted.Projection, scope.Schemas.Group);
        if (members is not null)
        {
            GroupJson.WriteMembersStart(writer);
            await foreach (var batch in members)
            {
                foreach (var member in batch)
                {
                    GroupJson.WriteMember(writer, member, scope.BaseUrl, wanted.Projection);
                    await ScimResponse.FlushIfLargeAsync(http, writer);
                }
            }

            GroupJson.WriteMembersEnd(writer);
        }

        GroupJson.WriteEnd(writer);
        await ScimResponse.FlushIfLargeAsync(http, writer);
    }
}

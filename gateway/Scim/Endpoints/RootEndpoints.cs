using DirectorySync.Gateway.Scim.Mapping;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.Scim;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Scim.Endpoints;

/// <summary>
/// Queries across resource types (RFC 7644 §3.4.2.1, §3.4.3). All users come before all groups: users and groups are sorted each among
/// themselves, so that a page costs no more than one of /Users and one of /Groups. Of an attribute that a type does not have, its resources
/// have no value.
/// </summary>
internal sealed class RootEndpoints(UserPages users, GroupPages groups, IOptions<GatewayOptions> options)
{
    public Task ListAsync(HttpContext http) =>
        AnswerAsync(http, type => ListQuery.Read(http.Request, type, options.Value.FilterLengthLimit));

    public async Task SearchAsync(HttpContext http)
    {
        using var body = ScimJson.Parse(await ScimBody.ReadAsync(http, options.Value.BodyLimit));
        await AnswerAsync(http, type => SearchRequest.Read(body.RootElement, type, options.Value.FilterLengthLimit));
    }

    private async Task AnswerAsync(HttpContext http, Func<ResourceType, ListQuery> read)
    {
        var schemas = ScimScope.Of(http).Schemas;
        var (ofUsers, ofGroups) = (read(schemas.ListedUser), read(schemas.Group));
        using var page = ofUsers.Cursor is { } cursor
            ? await ReadAsync(http, ofUsers, ofGroups, RootCursor.Read(cursor))
            : await ReadAsync(http, ofUsers, ofGroups);
        await using var writer = ScimResponse.Start(http, StatusCodes.Status200OK);
        ListResponse.WriteStart(writer, ofUsers, page.Total, page.Count, page.Next);
        await page.WriteAsync(http, writer);
        ListResponse.WriteEnd(writer);
    }

    private async Task<RootPage> ReadAsync(HttpContext http, ListQuery ofUsers, ListQuery ofGroups)
    {
        var first = await users.ReadAsync(http, ofUsers);
        return new(first, await groups.ReadAsync(http, ofGroups with
        {
            StartIndex = Math.Max(1, ofGroups.StartIndex - first.Total),
            Count = ofGroups.Count - first.Count,
        }));
    }

    private async Task<RootPage> ReadAsync(HttpContext http, ListQuery ofUsers, ListQuery ofGroups, RootCursor cursor)
    {
        if (cursor.IsAtGroups)
        {
            // Only counted: every page says how many there are in all.
            var counted = await users.ReadAsync(http, ofUsers with { Cursor = "", Count = 0 });
            var rest = await groups.ReadAsync(http, ofGroups with { Cursor = cursor.Token });
            return new(counted, rest, RootCursor.AtGroups(rest.Next));
        }

        var first = await users.ReadAsync(http, ofUsers with { Cursor = cursor.Token });
        var left = first.Next.Length > 0 ? 0 : ofGroups.Count - first.Count;
        var behind = await groups.ReadAsync(http, ofGroups with { Cursor = "", Count = left });
        return new(first, behind, first.Next.Length > 0 ? RootCursor.AtUsers(first.Next)
            : left > 0 ? RootCursor.AtGroups(behind.Next)
            : ofGroups.Count > 0 && behind.Total > 0 ? RootCursor.Groups : "");
    }
}

using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Scim.Messages;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;

namespace DirectorySync.Gateway.Scim.Mapping;

/// <summary>
/// What a filter asks that the service that keeps the resource does not know: addresses, which are the gateway's, and the groups of a user,
/// which are group-membership's. Both become questions about ids.
/// </summary>
internal sealed class ForeignFilters(GroupService.GroupServiceClient groups, GroupStreams streams, ServiceCalls calls)
{
    private const int MostUsers = 10_000;
    private const int MostGroups = 20;

    /// <summary>The filter as the owning service understands it. Throws tooMany for groups with very many members.</summary>
    public async ValueTask<Filter?> ResolveAsync(HttpContext http, Filter? filter, ResourceType type) =>
        filter is null || !IsForeign(filter, type) ? filter : await ReadAsync(http, filter, type);

    private static bool IsForeign(Filter filter, ResourceType type) => filter.ExpressionCase switch
    {
        Filter.ExpressionOneofCase.And => filter.And.Operands.Any(operand => IsForeign(operand, type)),
        Filter.ExpressionOneofCase.Or => filter.Or.Operands.Any(operand => IsForeign(operand, type)),
        Filter.ExpressionOneofCase.Not => IsForeign(filter.Not, type),
        Filter.ExpressionOneofCase.ValuePath => IsForeign(filter.ValuePath.Filter, type),
        Filter.ExpressionOneofCase.Comparison => filter.Comparison.Path.Schema == type.Core.Urn
            && filter.Comparison.Value.StringValue.Length > 0
            && filter.Comparison.Path is { Attribute: "meta", SubAttribute: "location" } or { Attribute: "groups" }
                or { Attribute: "members", SubAttribute: "$ref" },
        _ => false,
    };

    private async Task<Filter> ReadAsync(HttpContext http, Filter filter, ResourceType type)
    {
        if (!IsForeign(filter, type))
        {
            return filter;
        }

        switch (filter.ExpressionCase)
        {
            case Filter.ExpressionOneofCase.And:
                var and = new And();
                foreach (var operand in filter.And.Operands)
                {
                    and.Operands.Add(await ReadAsync(http, operand, type));
                }

                return new() { And = and };
            case Filter.ExpressionOneofCase.Or:
                var or = new Or();
                foreach (var operand in filter.Or.Operands)
                {
                    or.Operands.Add(await ReadAsync(http, operand, type));
                }

                return new() { Or = or };
            case Filter.ExpressionOneofCase.Not:
                return new() { Not = await ReadAsync(http, filter.Not, type) };
            case Filter.ExpressionOneofCase.ValuePath when filter.ValuePath.Path.Attribute == "groups":
                // One comparison, or several joined by or, is the same of one element as of any.
                return IsAnyOf(filter.ValuePath.Filter) ? await ReadAsync(http, filter.ValuePath.Filter, type) : filter;
            case Filter.ExpressionOneofCase.ValuePath:
                return new()
                {
                    ValuePath = new() { Path = filter.ValuePath.Path, Filter = await ReadAsync(http, filter.ValuePath.Filter, type) },
                };
            default:
                return await ReadAsync(http, filter, filter.Comparison, type);
        }
    }

    private async Task<Filter> ReadAsync(HttpContext http, Filter filter, Comparison comparison, ResourceType type)
    {
        var baseUrl = ScimScope.Of(http).BaseUrl;
        switch (comparison)
        {
            case { Path.Attribute: "meta" }:
                return LocationFilter.Rewrite(comparison, $"{baseUrl}{type.Endpoint}/", new() { Schema = type.Core.Urn, Attribute = "id", CaseExact = true });
            case { Path.Attribute: "members", Operator: ComparisonOperator.Equal }:
                var value = comparison.Path.Clone();
                (value.SubAttribute, value.CaseExact) = ("value", true);
                return FindId(comparison.Value.StringValue, baseUrl) is { } member
                    ? new() { Comparison = new() { Path = value, Operator = ComparisonOperator.Equal, Value = new() { StringValue = member } } }
                    : LocationFilter.Always(value, false);
            case { Path: { Attribute: "groups", SubAttribute: "value" }, Operator: ComparisonOperator.Equal }:
                return await MembersAsync(http, [comparison.Value.StringValue]);
            case { Path: { Attribute: "groups", SubAttribute: "$ref" }, Operator: ComparisonOperator.Equal }:
                return await MembersAsync(http, FindId(comparison.Value.StringValue, baseUrl) is { } group ? [group] : []);
            case { Path: { Attribute: "groups", SubAttribute: "display" }, Operator: ComparisonOperator.Equal }:
                return await MembersAsync(http, await NamedAsync(http, comparison.Value.StringValue));
            default:
                return filter;
        }
    }

    private async Task<List<string>> NamedAsync(HttpContext http, string displayName)
    {
        var request = new ListGroupsRequest
        {
            DirectoryId = ScimScope.Of(http).DirectoryId,
            Filter = new()
            {
                Comparison = new()
                {
                    Path = new() { Schema = SchemaUrns.Group, Attribute = "displayName", Type = AttributeType.String },
                    Operator = ComparisonOperator.Equal,
                    Value = new() { StringValue = displayName },
                },
            },
            PageSize = MostGroups + 1,
            SkipTotal = true,
        };
        var page = await calls.SendAsync(http, call => groups.ListGroupsAsync(request, call).ResponseAsync);
        return page.Groups.Count <= MostGroups ? [.. page.Groups.Select(group => group.Id)] : throw TooMany();
    }

    private async Task<Filter> MembersAsync(HttpContext http, List<string> groupIds)
    {
        var found = new IdSet();
        if (groupIds.Count > 0)
        {
            using var members = await streams.ReadMembersAsync(http, groupIds);
            foreach (var group in groupIds)
            {
                await foreach (var batch in members.OfAsync(group))
                {
                    found.Ids.Add(batch.Select(member => member.Value));
                    if (found.Ids.Count > MostUsers)
                    {
                        throw TooMany();
                    }
                }
            }
        }

        return new() { Ids = found };
    }

    private static bool IsAnyOf(Filter filter) => filter.ExpressionCase switch
    {
        Filter.ExpressionOneofCase.Comparison => true,
        Filter.ExpressionOneofCase.Or => filter.Or.Operands.All(IsAnyOf),
        _ => false,
    };

    /// <summary>The id at the end of an address of a user or a group of this directory.</summary>
    private static string? FindId(string address, string baseUrl)
    {
        foreach (var prefix in (ReadOnlySpan<string>)[$"{baseUrl}/Users/", $"{baseUrl}/Groups/"])
        {
            if (address.Length > prefix.Length && address.StartsWith(prefix, StringComparison.Ordinal))
            {
                return address[prefix.Length..];
            }
        }

        return null;
    }

    private static ScimFailure TooMany() => new(400, "tooMany",
        $"The groups that the filter names have more than {MostUsers} members. Read the members of the group instead: GET /Groups/<id>.");
}

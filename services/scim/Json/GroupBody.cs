using System.IO.Pipelines;
using System.Text.Json;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Scim;

/// <summary>
/// The body of a POST or PUT of a group. Its bytes are kept in pooled blocks; members become objects only a batch at a time, so that
/// 100,000 of them fit, and the group's attributes are known first even if they stand behind the members.
/// </summary>
public sealed class GroupBody : IDisposable
{
    private readonly BodyBuffer buffer;
    private JsonCursor? members;

    private GroupBody(BodyBuffer buffer) => this.buffer = buffer;

    /// <summary>Everything but the members.</summary>
    public Group Group { get; } = new();

    /// <summary>Reads to the end. Throws invalidSyntax, invalidValue, or LIMIT_EXCEEDED for more bytes than the limit.</summary>
    public static async Task<GroupBody> ReadAsync(
        PipeReader body, ResourceType? type = null, int limit = BodyLimits.GroupBytes, CancellationToken ct = default)
    {
        var group = new GroupBody(await BodyBuffer.ReadAsync(body, limit, ct));
        try
        {
            group.ReadAttributes(group.buffer.Root(), type ?? ResourceType.Group, new AttributeBudget());
            return group;
        }
        catch
        {
            group.Dispose();
            throw;
        }
    }

    /// <summary>The members in batches, as sent: one may come twice. Throws invalidValue.</summary>
    public IEnumerable<IReadOnlyList<Member>> Members(int batchSize = 5000) =>
        members is { } cursor ? MemberReader.Read(cursor, batchSize) : [];

    public void Dispose() => buffer.Dispose();

    private void ReadAttributes(JsonCursor place, ResourceType type, AttributeBudget budget)
    {
        foreach (var (name, value) in place.Properties())
        {
            if (MemberOperations.IsMembers(name, type))
            {
                members = value;
            }
            else if (name.Equals(type.Core.Urn, StringComparison.OrdinalIgnoreCase) && value.Kind() == JsonTokenType.StartObject)
            {
                ReadAttributes(value, type, budget);
            }
            else
            {
                using var document = value.Document(budget);
                ResourceReader.ReadProperty(Group, type, name, document.RootElement);
            }
        }
    }
}

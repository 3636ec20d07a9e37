using System.IO.Pipelines;
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

    /// <summary>Reads to the end; the server limits the size. Throws invalidSyntax or invalidValue.</summary>
    public static async Task<GroupBody> ReadAsync(PipeReader body, ResourceType? type = null, CancellationToken ct = default)
    {
        var group = new GroupBody(await BodyBuffer.ReadAsync(body, ct));
        try
        {
            group.ReadAttributes(type ?? ResourceType.Group);
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

    private void ReadAttributes(ResourceType type)
    {
        var root = buffer.Root();
        foreach (var (name, value) in root.Properties())
        {
            if (name.Equals("members", StringComparison.OrdinalIgnoreCase))
            {
                members = value;
            }
            else
            {
                using var document = value.Document();
                ResourceReader.ReadProperty(Group, type, name, document.RootElement);
            }
        }
    }
}

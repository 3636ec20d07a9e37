using DirectorySync.GroupMembership.V1;

namespace DirectorySync.GroupMembership;

/// <summary>The net effect of operations that name each member: who comes, and who goes. No id is in both.</summary>
internal sealed class MemberDelta
{
    private readonly Dictionary<string, Member> added = new(StringComparer.Ordinal);
    private readonly HashSet<string> removed = new(StringComparer.Ordinal);

    public IReadOnlyCollection<Member> Added => added.Values;

    public IReadOnlyCollection<string> Removed => removed;

    public bool IsEmpty => added.Count == 0 && removed.Count == 0;

    public void Add(IEnumerable<Member> members)
    {
        foreach (var member in members)
        {
            // Sent twice: the display that says something stays.
            if (member.Display.Length > 0 || !added.ContainsKey(member.Value))
            {
                added[member.Value] = member;
            }

            removed.Remove(member.Value);
        }
    }

    public void Remove(IEnumerable<string> ids)
    {
        foreach (var id in ids)
        {
            added.Remove(id);
            removed.Add(id);
        }
    }
}

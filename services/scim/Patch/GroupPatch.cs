using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Scim;

/// <summary>PATCH of a group's own attributes. Members are rows of their own, which the owning service changes.</summary>
public static class GroupPatch
{
    /// <summary>The group after the operations; equal to the current one if they change nothing. Throws as UserPatch.Apply does.</summary>
    public static Group Apply(Group current, IEnumerable<GroupAttributeOperation> operations, ResourceType? type = null)
    {
        var patch = new ResourcePatch(type ?? ResourceType.Group);
        var group = current.Clone();
        foreach (var operation in operations)
        {
            patch.Apply(group, new AttributeChange(operation.Operator, operation.Target, operation.Value));
        }

        return group;
    }
}

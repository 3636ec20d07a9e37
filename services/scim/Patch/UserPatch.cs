using System.Text.Json;
using DirectorySync.Identity.V1;

namespace DirectorySync.Scim;

/// <summary>PATCH of a user (RFC 7644 §3.5.2): the body → operations, and operations → the changed user.</summary>
public static class UserPatch
{
    /// <summary>Reads a PatchOp body. Throws invalidSyntax, invalidPath, invalidFilter, invalidValue, mutability or noTarget.</summary>
    public static List<UserPatchOperation> Read(ReadOnlyMemory<byte> utf8, ResourceType? type = null)
    {
        using var document = ScimJson.Parse(utf8);
        return Read(document.RootElement, type);
    }

    /// <summary>Reads a PatchOp that is part of a larger body (bulk).</summary>
    public static List<UserPatchOperation> Read(JsonElement body, ResourceType? type = null)
    {
        var reader = new AttributeChangeReader(type ?? ResourceType.User, () => new User());
        PatchMessage.Read(body, reader);
        return [.. reader.Changes.Select(change => new UserPatchOperation
        {
            Operator = change.Operator, Target = change.Target, Value = (User?)change.Value,
        })];
    }

    /// <summary>
    /// The user after all operations; equal to the current one if they change nothing. Applying them one by one gives the same.
    /// Throws noTarget, mutability, invalidPath or invalidValue.
    /// </summary>
    public static User Apply(User current, IEnumerable<UserPatchOperation> operations, ResourceType? type = null)
    {
        var patch = new ResourcePatch(type ?? ResourceType.User);
        var user = current.Clone();
        foreach (var operation in operations)
        {
            patch.Apply(user, new AttributeChange(operation.Operator, operation.Target, operation.Value));
            if (operation.Target.Path.Attribute == "name")
            {
                FormattedName.DropEcho(user, null);
            }
        }

        return user;
    }
}

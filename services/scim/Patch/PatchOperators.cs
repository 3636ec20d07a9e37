using DirectorySync.Scim.V1;

namespace DirectorySync.Scim;

/// <summary>"op" in any case (Entra sends "Add").</summary>
internal static class PatchOperators
{
    public static PatchOperator Parse(string? op) => op?.ToUpperInvariant() switch
    {
        "ADD" => PatchOperator.Add,
        "REMOVE" => PatchOperator.Remove,
        "REPLACE" => PatchOperator.Replace,
        null => throw ScimException.InvalidSyntax("An operation has no 'op'; send add, remove or replace."),
        _ => throw ScimException.InvalidSyntax($"The operation '{op}' is unknown; send add, remove or replace."),
    };
}

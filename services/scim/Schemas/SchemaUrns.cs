namespace DirectorySync.Scim;

/// <summary>Names of the schemas that this library knows.</summary>
public static class SchemaUrns
{
    public const string User = "urn:ietf:params:scim:schemas:core:2.0:User";
    public const string Group = "urn:ietf:params:scim:schemas:core:2.0:Group";
    public const string EnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    /// <summary>Custom attributes that a directory's vendor declares.</summary>
    public const string CustomUser = "urn:directorysync:params:scim:schemas:extension:custom:2.0:User";

    public const string ServiceProviderConfig = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
    public const string ResourceType = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
    public const string Schema = "urn:ietf:params:scim:schemas:core:2.0:Schema";

    public const string PatchOp = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
}

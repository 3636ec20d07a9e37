using DirectorySync.Scim;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Scim.Schemas;

/// <summary>
/// The resource types of a directory with their schemas. Bodies, filters, PATCH paths, projection and discovery all take them from here,
/// so that what is advertised is what is understood.
/// </summary>
internal sealed class DirectorySchemas(ResourceType user, ResourceType group)
{
    private static readonly DirectorySchemas Standard = new(ResourceType.User, ResourceType.Group);

    public ResourceType User => user;

    public ResourceType Group => group;

    /// <summary>All that the directory has.</summary>
    public IReadOnlyList<ResourceType> Types { get; } = [user, group];

    /// <summary>Schemas of all types, each once.</summary>
    public IReadOnlyList<Schema> All => [.. Types.SelectMany(type => type.Extensions.Prepend(type.Core)).DistinctBy(schema => schema.Urn)];

    /// <summary>Those of the directory. No directory has any but the standard ones.</summary>
    public static DirectorySchemas Of(Directory directory)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return Standard;
    }
}

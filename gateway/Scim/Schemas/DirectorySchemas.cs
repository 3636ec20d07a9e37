using DirectorySync.Scim;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Scim.Schemas;

/// <summary>
/// The resource types of a directory with their schemas. Bodies, filters, PATCH paths, projection and discovery all take them from here,
/// so that what is advertised is what is understood. The vendor's own attributes are advertised, compared by their types, and, like every
/// undeclared attribute, kept and returned as sent whatever they hold: nothing is lost, and a wrong value is attribute-mapping's to report.
/// </summary>
internal sealed class DirectorySchemas(ResourceType user, ResourceType group, Schema? custom = null)
{
    private static readonly DirectorySchemas Standard = new(ResourceType.User, ResourceType.Group);

    public ResourceType User => user;

    /// <summary>Users as lists ask for them: by the declared types of the vendor's own attributes.</summary>
    public ResourceType ListedUser => Types[0];

    public ResourceType Group => group;

    /// <summary>All that the directory has.</summary>
    public IReadOnlyList<ResourceType> Types { get; } = [custom is null ? user : user.With(custom), group];

    /// <summary>Schemas of all types, each once.</summary>
    public IReadOnlyList<Schema> All => [.. Types.SelectMany(type => type.Extensions.Prepend(type.Core)).DistinctBy(schema => schema.Urn)];

    /// <summary>Those of the directory: the standard ones, with the vendor's own attributes.</summary>
    public static DirectorySchemas Of(Directory directory, Schema? custom = null)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return custom is null ? Standard : new(ResourceType.User, ResourceType.Group, custom);
    }
}

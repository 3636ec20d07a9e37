using System.ComponentModel.DataAnnotations;

namespace DirectorySync.AttributeMapping;

/// <summary>Settings of this service (section AttributeMapping).</summary>
public sealed class AttributeMappingOptions
{
    /// <summary>Where identity answers gRPC: its change feed.</summary>
    [Required]
    public Uri? IdentityUrl { get; set; }
}

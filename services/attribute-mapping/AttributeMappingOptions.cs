using System.ComponentModel.DataAnnotations;

namespace DirectorySync.AttributeMapping;

/// <summary>Settings of this service (section AttributeMapping).</summary>
public sealed class AttributeMappingOptions
{
    /// <summary>Where identity answers gRPC: its change feed.</summary>
    [Required]
    public Uri? IdentityUrl { get; set; }

    /// <summary>
    /// Users a second that are mapped anew after a changed mapping or definition, at most: those who follow profiles have to keep up, and
    /// changes of users go on meanwhile.
    /// </summary>
    [Range(1, 1_000_000)]
    public int RecomputedPerSecond { get; set; } = 4_000;

    /// <summary>Changes that those who follow profiles may be behind before that waits for them.</summary>
    [Range(1, 1_000_000)]
    public int RecomputedAhead { get; set; } = 2_000;
}

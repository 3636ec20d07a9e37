using System.ComponentModel.DataAnnotations;

namespace DirectorySync.Roles;

/// <summary>Settings of this service (section Roles).</summary>
public sealed class RolesOptions
{
    /// <summary>Where identity answers gRPC: its change feed tells which directories there are.</summary>
    [Required]
    public Uri? IdentityUrl { get; set; }

    /// <summary>Where attribute-mapping does: its change feed tells of users.</summary>
    [Required]
    public Uri? AttributeMappingUrl { get; set; }

    /// <summary>Where group-membership does: its change feed tells of groups and who is in them.</summary>
    [Required]
    public Uri? GroupMembershipUrl { get; set; }
}

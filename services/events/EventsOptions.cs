using System.ComponentModel.DataAnnotations;

namespace DirectorySync.Events;

/// <summary>Settings of this service (section Events).</summary>
public sealed class EventsOptions
{
    /// <summary>Where identity answers gRPC: its change feed tells of organizations, directories and users.</summary>
    [Required]
    public Uri? IdentityUrl { get; set; }

    /// <summary>Where group-membership does: its change feed tells of groups and who is in them.</summary>
    [Required]
    public Uri? GroupMembershipUrl { get; set; }

    /// <summary>Where attribute-mapping does: its change feed tells of profiles.</summary>
    [Required]
    public Uri? AttributeMappingUrl { get; set; }

    /// <summary>Where roles does: its change feed tells of roles in effect.</summary>
    [Required]
    public Uri? RolesUrl { get; set; }

    /// <summary>Events older than so many days are dropped, a week at a time.</summary>
    [Range(7, 3650)]
    public int RetentionDays { get; set; } = 90;
}

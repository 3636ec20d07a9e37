using System.ComponentModel.DataAnnotations;

namespace DirectorySync.GroupMembership;

/// <summary>Settings of this service (section GroupMembership).</summary>
public sealed class GroupMembershipOptions
{
    /// <summary>Where identity answers gRPC: who exists, and its change feed.</summary>
    [Required]
    public Uri? IdentityUrl { get; set; }
}

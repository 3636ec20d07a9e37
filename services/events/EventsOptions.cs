using System.ComponentModel.DataAnnotations;
using Cronos;

namespace DirectorySync.Events;

/// <summary>Settings of this service (section Events).</summary>
public sealed class EventsOptions : IValidatableObject
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

    /// <summary>When all directories are reconciled with the other services: a cron expression in UTC; empty: never by itself.</summary>
    public string ReconcileSchedule { get; set; } = "30 2 * * *";

    /// <summary>Over how long a time they are spread.</summary>
    public TimeSpan ReconcileSpread { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long a reconciliation waits for what is under way in a feed before it takes a difference for one.</summary>
    public TimeSpan ReconcilePatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What attributes cannot say.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (ReconcileSchedule.Length > 0 && !CronExpression.TryParse(ReconcileSchedule, out _))
        {
            yield return new($"Events:ReconcileSchedule is a cron expression such as \"30 2 * * *\", or empty; not \"{ReconcileSchedule}\".");
        }
    }
}

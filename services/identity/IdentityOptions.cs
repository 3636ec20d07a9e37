using System.ComponentModel.DataAnnotations;

namespace DirectorySync.Identity;

/// <summary>What an operator may set, in the section "Identity".</summary>
internal sealed class IdentityOptions
{
    /// <summary>State in which a directory starts whose policies do not say: active (Automatic) or preview (Review).</summary>
    public Activation Activation { get; set; } = Activation.Automatic;

    /// <summary>Days without any request until a connected directory is listed as silent.</summary>
    [Range(1, 3650)]
    public int SilentAfterDays { get; set; } = 7;

    /// <summary>Days before the end of a token's life at which it is listed.</summary>
    [Range(1, 365)]
    public int TokenExpiresSoonDays { get; set; } = 14;

    /// <summary>Days for which a directory that was enabled again reminds of Push Now.</summary>
    [Range(1, 365)]
    public int PushNowReminderDays { get; set; } = 7;

    /// <summary>Seconds between two writes of what was seen of tokens, keys and contacts.</summary>
    [Range(0.01, 60)]
    public double UseFlushSeconds { get; set; } = 5;

    /// <summary>Seconds between two rounds of removing deleted directories and folding counts.</summary>
    [Range(0.01, 600)]
    public double HousekeepingSeconds { get; set; } = 5;

    /// <summary>Seconds between two looks for problems that somebody should hear of.</summary>
    [Range(0.01, 86_400)]
    public double AlertSeconds { get; set; } = 60;

    /// <summary>Seconds between two looks for users who have been inactive for longer than their directory allows.</summary>
    [Range(0.01, 86_400)]
    public double ErasureSeconds { get; set; } = 3600;

    /// <summary>
    /// Behind so many users a page starts from a place nearby. Before that it is cheaper to count them in an index.
    /// </summary>
    [Range(0, long.MaxValue)]
    public long FarPage { get; set; } = 50_000;

    /// <summary>Users removed in one transaction when a directory is deleted.</summary>
    [Range(1, 100_000)]
    public int RemovalBatch { get; set; } = 1000;
}

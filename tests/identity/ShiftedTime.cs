namespace DirectorySync.Identity.Tests;

/// <summary>The time of day with a shift that a test sets; timers run as usual.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Shift;
}

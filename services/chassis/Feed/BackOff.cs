namespace DirectorySync.Chassis.Feed;

/// <summary>How long to wait before trying again.</summary>
internal static class BackOff
{
    private const double FirstMilliseconds = 100;
    private const double LongestMilliseconds = 5000;

    /// <summary>Doubles from 100 ms to 5 s; the upper half of each is left to chance, so that many do not come back together.</summary>
    /// <param name="attempt">How often it was tried in vain: 1 or more.</param>
    /// <param name="random">Chance.</param>
    public static TimeSpan After(int attempt, Random random)
    {
        var longest = Math.Min(FirstMilliseconds * Math.Pow(2, Math.Min(attempt, 20) - 1), LongestMilliseconds);
        return TimeSpan.FromMilliseconds(longest * (0.5 + (random.NextDouble() / 2)));
    }
}

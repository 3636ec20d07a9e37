namespace DirectorySync.Gateway.Calls;

/// <summary>How long to wait before trying again.</summary>
internal static class Backoff
{
    private const double FirstSeconds = 0.05;
    private const double LongestSeconds = 1;

    /// <param name="attempt">1 after the first failure.</param>
    /// <param name="random">Spreads callers that failed together.</param>
    public static TimeSpan Delay(int attempt, Random random) =>
        TimeSpan.FromSeconds(Math.Min(FirstSeconds * Math.Pow(2, attempt - 1), LongestSeconds) * (0.5 + (random.NextDouble() / 2)));
}

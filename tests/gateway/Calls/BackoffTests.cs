using DirectorySync.Gateway.Calls;

namespace DirectorySync.Gateway.Tests.Calls;

public sealed class BackoffTests
{
    [Fact]
    public void Waiting_doubles_up_to_a_second_and_is_spread()
    {
        var random = new Random(7);
        for (var attempt = 1; attempt <= 1000; attempt++)
        {
            var most = Math.Min(0.05 * Math.Pow(2, attempt - 1), 1);
            Assert.InRange(Backoff.Delay(attempt, random).TotalSeconds, most / 2, most);
        }
    }
}

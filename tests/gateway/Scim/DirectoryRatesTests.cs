using DirectorySync.Gateway.Scim;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Tests.Scim;

public sealed class DirectoryRatesTests : IDisposable
{
    private readonly DirectoryRates rates = new();

    public void Dispose() => rates.Dispose();

    [Fact]
    public void What_others_have_let_in_is_not_there_any_more()
    {
        var directory = Of(50, 100);
        Assert.Equal(10, Accepted(directory, 10));
        Assert.Equal([(directory.Id, 10L)], rates.TakeCounts(1000));
        rates.Settle(directory.Id, 10, 10);
        Assert.Equal(10, Accepted(directory, 10));
        Assert.Equal([(directory.Id, 10L)], rates.TakeCounts(1000));

        rates.Settle(directory.Id, 10, 80);

        Assert.InRange(Accepted(directory, 200), 20, 20 + 50);
    }

    [Fact]
    public void Small_numbers_wait_and_a_first_sum_of_unknown_age_does_not_count_for_more_than_this_replicas_own()
    {
        var directory = Of(100, 200);
        Assert.Equal(1, Accepted(directory, 1));
        Assert.Empty(rates.TakeCounts(1000));
        Assert.Equal(9, Accepted(directory, 9));
        Assert.Equal([(directory.Id, 10L)], rates.TakeCounts(1000));

        rates.Settle(directory.Id, 10, 1_000_000);

        Assert.InRange(Accepted(directory, 400), 180, 180 + 100);
    }

    [Fact]
    public void The_directories_with_the_most_are_told_first()
    {
        var (few, many) = (Of(10, 10), Of(10, 10));
        Assert.Equal(8, Accepted(few, 3) + Accepted(many, 5));

        Assert.Equal([(many.Id, 5L)], rates.TakeCounts(1));
        Assert.Equal([(few.Id, 3L)], rates.TakeCounts(1));
        Assert.Empty(rates.TakeCounts(1));
    }

    private static Directory Of(int rate, int burst) =>
        new() { Id = Guid.CreateVersion7().ToString(), Policies = new() { RateLimit = rate, RateLimitBurst = burst } };

    private int Accepted(Directory directory, int requests) => Enumerable.Range(0, requests).Count(_ => rates.FindDelay(directory) is null);
}

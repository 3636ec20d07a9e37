using DirectorySync.Chassis.Hosting;
using Microsoft.Extensions.Configuration;

namespace DirectorySync.Chassis.Tests;

public sealed class BoundedLabelsTests
{
    [Fact]
    public void The_first_are_named_and_the_rest_are_counted_together()
    {
        var labels = new BoundedLabels(new ConfigurationBuilder().AddInMemoryCollection([new("Telemetry:Directories", "2")]).Build());

        Assert.Equal(["a", "b", "other", "a", "other"], new[] { "a", "b", "c", "a", "" }.Select(labels.Of));
        Assert.Equal(["a", "other"], new[] { "a", "d" }.Select(labels.Known));
    }
}

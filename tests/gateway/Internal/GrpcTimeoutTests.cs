using DirectorySync.Gateway.Internal;

namespace DirectorySync.Gateway.Tests.Internal;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData("2H", 7_200_000)]
    [InlineData("3M", 180_000)]
    [InlineData("15S", 15_000)]
    [InlineData("250m", 250)]
    [InlineData("4000u", 4)]
    [InlineData("99999999n", 99.999)]
    public void Each_unit_is_read(string header, double milliseconds) =>
        Assert.Equal(milliseconds, GrpcTimeout.Find(header)!.Value.TotalMilliseconds, 3);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("10")]
    [InlineData("-1S")]
    [InlineData("1.5S")]
    [InlineData("1 S")]
    [InlineData("123456789S")]
    [InlineData("99999999H")]
    public void What_is_no_deadline_or_matters_to_nobody_is_none(string? header) => Assert.Null(GrpcTimeout.Find(header));
}

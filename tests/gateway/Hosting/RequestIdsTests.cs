using DirectorySync.Gateway.Hosting;

namespace DirectorySync.Gateway.Tests.Hosting;

public sealed class RequestIdsTests
{
    [Theory]
    [InlineData("abc-123_X.y:z", "abc-123_X.y:z")]
    [InlineData("", null)]
    [InlineData("two words", null)]
    [InlineData("line\nbreak", null)]
    public void An_id_that_is_fit_for_a_log_is_kept(string header, string? id) => Assert.Equal(id, RequestIds.Accept(header));

    [Fact]
    public void Too_long_an_id_is_replaced() => Assert.Null(RequestIds.Accept(new string('a', 129)));
}

using DirectorySync.Gateway.Rest;
using DirectorySync.Identity.V1;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Tests.Rest;

/// <summary>Which problems are shown if there are more than places.</summary>
public sealed class ProblemMergeTests
{
    [Fact]
    public void Problems_of_attributes_leave_half_of_the_places_to_the_others()
    {
        var shown = DirectoryProblems.Merge(Many("OTHER", 1, 20), Many("VALUE", 100, 200), 10).ToList();

        Assert.Equal(["VALUE", "VALUE", "VALUE", "VALUE", "VALUE", "OTHER", "OTHER", "OTHER", "OTHER", "OTHER"], shown.Select(p => p.Code));
        Assert.Equal((200, 20), (shown[0].Since.Seconds, shown[5].Since.Seconds));
    }

    [Theory]
    [InlineData(3, 200, 3, 7)]
    [InlineData(20, 2, 8, 2)]
    [InlineData(1, 1, 1, 1)]
    public void Places_that_one_kind_does_not_need_go_to_the_other(int others, int ofAttributes, int othersShown, int attributesShown)
    {
        var shown = DirectoryProblems.Merge(Many("OTHER", 1, others), Many("VALUE", 1, ofAttributes), 10).ToLookup(p => p.Code);

        Assert.Equal((othersShown, attributesShown), (shown["OTHER"].Count(), shown["VALUE"].Count()));
    }

    private static List<Problem> Many(string code, int from, int to) =>
        [.. Enumerable.Range(from, to - from + 1).Select(second => new Problem { Code = code, Since = new Timestamp { Seconds = second } })];
}

using DirectorySync.Chassis.Feed;
using Google.Protobuf;

namespace DirectorySync.Chassis.Tests.Feed;

public sealed class FeedPartsTests
{
    [Theory]
    [InlineData("5:5:")]
    [InlineData("7:12:7,9,11")]
    [InlineData("18446744073709551000:18446744073709551615:18446744073709551000")]
    public void A_snapshot_is_written_as_postgresql_writes_it(string text) => Assert.Equal(text, FeedSnapshot.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("1:2")]
    [InlineData("1:x:")]
    [InlineData("1:2:3,")]
    [InlineData("1:-2:")]
    public void Anything_else_is_no_snapshot(string text) =>
        Assert.ThrowsAny<Exception>(() => FeedSnapshot.Parse(text));

    [Theory]
    [InlineData("7:12:7,9,11", 20, "7:12:7,9,11")]
    [InlineData("7:12:7,9,11", 10, "7:11:7,9")]
    [InlineData("7:12:7,9,11", 8, "7:9:7")]
    [InlineData("7:12:7,9,11", 5, "6:6:")]
    public void A_snapshot_forgets_what_is_not_known_to_be_durable(string text, ulong newest, string expected) =>
        Assert.Equal(expected, FeedSnapshot.Parse(text).Until(newest).ToString());

    [Fact]
    public void A_token_survives_its_bytes()
    {
        foreach (var token in new[]
        {
            new ResumeToken(Guid.NewGuid(), FeedSnapshot.Parse("7:12:7,9")),
            new ResumeToken(Guid.NewGuid(), FeedSnapshot.Parse("7:12:7,9"), FeedSnapshot.Parse("20:20:"), 4711),
        })
        {
            Assert.True(ResumeToken.TryDecode(token.Encode(), out var decoded));
            Assert.Equal(token, decoded);
        }
    }

    [Fact]
    public void A_token_that_is_cut_is_none_or_another_but_never_a_crash()
    {
        var bytes = new ResumeToken(Guid.NewGuid(), FeedSnapshot.Parse("7:12:7,9"), FeedSnapshot.Parse("20:20:"), 4711).Encode();
        for (var length = 0; length < 20; length++)
        {
            Assert.False(ResumeToken.TryDecode(ByteString.CopyFrom(bytes.Span[..length]), out _));
        }

        Assert.False(ResumeToken.TryDecode(ByteString.CopyFromUtf8("no token at all"), out _));
    }

    [Fact]
    public void Backing_off_doubles_up_to_five_seconds_and_is_left_half_to_chance()
    {
        var random = new Random(1);
        for (var attempt = 1; attempt < 100; attempt++)
        {
            var longest = Math.Min(100 * Math.Pow(2, Math.Min(attempt, 30) - 1), 5000);
            Assert.InRange(BackOff.After(attempt, random).TotalMilliseconds, longest / 2, longest);
        }

        Assert.NotEqual(BackOff.After(3, random), BackOff.After(3, random));
    }
}

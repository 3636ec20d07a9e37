using System.Globalization;

namespace DirectorySync.Chassis.Feed;

/// <summary>A pg_snapshot: all transactions before <paramref name="Xmax"/> have ended, but for those in <paramref name="Xip"/>.</summary>
internal sealed record FeedSnapshot(ulong Xmax, IReadOnlyList<ulong> Xip)
{
    /// <summary>All transactions before this one have ended.</summary>
    public ulong Xmin => Xip.Count == 0 ? Xmax : Xip.Min();

    /// <summary>The end of all times: nothing is after it.</summary>
    public static FeedSnapshot Never { get; } = new(long.MaxValue, []);

    /// <summary>Of no moment.</summary>
    public static FeedSnapshot None { get; } = new(0, []);

    /// <summary>Reads PostgreSQL's `xmin:xmax:xip,xip…`.</summary>
    public static FeedSnapshot Parse(string text) => text.Split(':') is [_, var xmax, var xip]
        ? new(Xid(xmax), xip.Length == 0 ? [] : [.. xip.Split(',').Select(Xid)])
        : throw new FormatException($"'{text}' is not a pg_snapshot.");

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Xmin}:{Xmax}:{string.Join(',', Xip)}");

    /// <summary>Xip as a PostgreSQL array.</summary>
    public string XipArray => $"{{{string.Join(',', Xip)}}}";

    /// <summary>
    /// This snapshot, forgetting every transaction after <paramref name="newest"/>, the last one that is known to be durable and after
    /// which no change is visible. After a crash PostgreSQL may give a transaction number again that it had given to a transaction
    /// whose end never reached the disk; a token that called that number "ended" would miss the second bearer's changes.
    /// </summary>
    public FeedSnapshot Until(ulong newest)
    {
        var xmax = Math.Min(Xmax, newest + 1);
        return new(xmax, [.. Xip.Where(xid => xid < xmax)]);
    }

    public bool Equals(FeedSnapshot? other) => other is not null && Xmax == other.Xmax && Xip.SequenceEqual(other.Xip);

    public override int GetHashCode() => HashCode.Combine(Xmax, Xip.Count);

    private static ulong Xid(string text) => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}

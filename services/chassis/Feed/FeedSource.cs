using DirectorySync.Feed.V1;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// Pages through the live resources of one type by primary key, for consumers that start from nothing: at most <paramref name="limit"/>
/// after <paramref name="after"/> (null: from the first), each as <see cref="FeedImage.Of"/>. None ends it.
/// </summary>
/// <param name="directoryId">Only this directory; empty: all.</param>
/// <param name="after">The last of the page before, with directory_id and resource_id.</param>
/// <param name="limit">At most so many.</param>
/// <param name="ct">Ends with the call.</param>
public delegate Task<IReadOnlyList<Change>> FeedSource(string directoryId, Change? after, int limit, CancellationToken ct);

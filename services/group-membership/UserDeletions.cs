namespace DirectorySync.GroupMembership;

/// <summary>Lets a caller wait until the feed has brought the deletion of a user, so that a read after it shows the user gone.</summary>
internal sealed class UserDeletions(MemberStore members, TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>True as soon as it has been applied, here or on another replica; false after a second without it.</summary>
    public async Task<bool> WaitAsync(string directoryId, string userId, CancellationToken ct)
    {
        var started = time.GetTimestamp();
        while (!await members.IsDeletedAsync(directoryId, userId, ct))
        {
            if (time.GetElapsedTime(started) >= Longest)
            {
                return false;
            }

            await Task.Delay(Pause, time, ct);
        }

        return true;
    }
}

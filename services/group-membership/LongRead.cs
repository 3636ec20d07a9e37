namespace DirectorySync.GroupMembership;

/// <summary>A reading that becomes long when it has more to send than one message: from then on it needs a turn of <see cref="LongWork"/>.</summary>
internal sealed class LongRead(LongWork work) : IDisposable
{
    private IDisposable? turn;

    /// <summary>To be called before a message is sent while the store is still being read.</summary>
    public async Task BeginAsync(CancellationToken ct) => turn ??= await work.ReadAsync(ct);

    public void Dispose() => turn?.Dispose();
}

namespace DirectorySync.Gateway.Internal;

/// <summary>A request's body that keeps its first bytes, so that they can be read again.</summary>
internal sealed class RepeatableBody(Stream inner, int largest) : Stream
{
    private readonly MemoryStream kept = new();
    private bool overflowed;
    private int at;

    /// <summary>Nothing has been read that is not kept.</summary>
    public bool CanRewind => !overflowed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public void Rewind() => at = 0;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (at < kept.Length)
        {
            var again = (int)Math.Min(buffer.Length, kept.Length - at);
            kept.GetBuffer().AsSpan(at, again).CopyTo(buffer.Span);
            at += again;
            return again;
        }

        var read = await inner.ReadAsync(buffer, cancellationToken);
        if (overflowed || kept.Length + read > largest)
        {
            overflowed = overflowed || read > 0;
            return read;
        }

        kept.Write(buffer.Span[..read]);
        at += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

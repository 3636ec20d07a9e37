using System.Buffers;

namespace DirectorySync.Gateway.Scim.Messages;

/// <summary>What has been written of an answer and not been sent: while all of it is here, another answer can still be given instead.</summary>
internal sealed class HeldBody : IBufferWriter<byte>
{
    private byte[] buffer = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => buffer.AsSpan(0, Length);

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Grow(sizeHint);
        return buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Grow(sizeHint);
        return buffer.AsSpan(Length);
    }

    /// <summary>Forgets what is held.</summary>
    public void Clear()
    {
        var rented = buffer;
        (buffer, Length) = ([], 0);
        if (rented.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }

    /// <summary>Sends what is held, and waits for a slow client.</summary>
    public async ValueTask SendAsync(HttpResponse response, CancellationToken ct)
    {
        if (Length > 0)
        {
            await response.BodyWriter.WriteAsync(buffer.AsMemory(0, Length), ct);
        }

        Clear();
    }

    private void Grow(int sizeHint)
    {
        const int Least = 4096;
        if (buffer.Length - Length >= Math.Max(sizeHint, 1))
        {
            return;
        }

        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Least, Math.Max(buffer.Length * 2, Length + sizeHint)));
        buffer.AsSpan(0, Length).CopyTo(larger);
        var length = Length;
        Clear();
        (buffer, Length) = (larger, length);
    }
}

using System.Buffers;
using System.IO.Pipelines;

namespace DirectorySync.Gateway.Scim.Requests;

/// <summary>A request body whose beginning is copied as it is read.</summary>
internal sealed class WatchedBody(PipeReader body, int limit, Action<ReadOnlyMemory<byte>, long> note) : PipeReader
{
    private byte[] beginning = [];
    private long size;
    private ReadOnlySequence<byte> read;

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await body.ReadAsync(cancellationToken);
        read = result.Buffer;
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        var isRead = body.TryRead(out result);
        read = isRead ? result.Buffer : default;
        return isRead;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var taken = read.Slice(0, consumed);
        size += taken.Length;
        if (beginning.Length < limit)
        {
            beginning = [.. beginning, .. taken.Slice(0, Math.Min(taken.Length, limit - beginning.Length)).ToArray()];
        }

        note(beginning, size);
        body.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => body.CancelPendingRead();

    public override void Complete(Exception? exception = null) => body.Complete(exception);
}

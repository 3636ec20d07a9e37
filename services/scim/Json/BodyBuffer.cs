using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;

namespace DirectorySync.Scim;

/// <summary>A request body in pooled blocks: its bytes are kept once, what they say only a batch at a time.</summary>
internal sealed class BodyBuffer : IDisposable
{
    private const int BlockSize = 64 * 1024;
    private readonly List<byte[]> blocks = [];
    private int used = BlockSize;

    public ReadOnlySequence<byte> Sequence { get; private set; }

    public static async Task<BodyBuffer> ReadAsync(PipeReader body, int limit, CancellationToken ct)
    {
        var buffer = new BodyBuffer();
        try
        {
            var length = 0L;
            for (var isCompleted = false; !isCompleted;)
            {
                var read = await body.ReadAsync(ct);
                if ((length += read.Buffer.Length) > limit)
                {
                    body.AdvanceTo(read.Buffer.End);
                    throw ScimException.LimitExceeded($"The request body is larger than {limit} bytes. Send it in smaller parts.");
                }

                foreach (var segment in read.Buffer)
                {
                    buffer.Append(segment.Span);
                }

                body.AdvanceTo(read.Buffer.End);
                isCompleted = read.IsCompleted;
            }

            var sequence = buffer.ToSequence();
            buffer.Sequence = sequence.FirstSpan.StartsWith(ScimJson.ByteOrderMark) ? sequence.Slice(ScimJson.ByteOrderMark.Length) : sequence;
            return buffer;
        }
        catch
        {
            buffer.Dispose();
            throw;
        }
    }

    /// <summary>The start of the body, after making sure that it is one JSON object to its end. Throws invalidSyntax.</summary>
    public JsonCursor Root()
    {
        var cursor = JsonCursor.Start(Sequence);
        var reader = cursor.Reader();
        try
        {
            if (reader.Read() && reader.TokenType != JsonTokenType.StartObject)
            {
                throw ScimException.InvalidSyntax("The body must be a JSON object.");
            }

            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            throw ScimJson.Malformed(e);
        }

        return cursor;
    }

    public void Dispose()
    {
        Sequence = default;
        foreach (var block in blocks)
        {
            ArrayPool<byte>.Shared.Return(block, clearArray: true);
        }

        blocks.Clear();
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (used == BlockSize)
            {
                blocks.Add(ArrayPool<byte>.Shared.Rent(BlockSize));
                used = 0;
            }

            var count = Math.Min(bytes.Length, BlockSize - used);
            bytes[..count].CopyTo(blocks[^1].AsSpan(used));
            used += count;
            bytes = bytes[count..];
        }
    }

    private ReadOnlySequence<byte> ToSequence()
    {
        Block? first = null, last = null;
        for (var i = 0; i < blocks.Count; i++)
        {
            last = new Block(blocks[i].AsMemory(0, i == blocks.Count - 1 ? used : BlockSize), last);
            first ??= last;
        }

        return first is null ? default : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    private sealed class Block : ReadOnlySequenceSegment<byte>
    {
        public Block(ReadOnlyMemory<byte> memory, Block? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}

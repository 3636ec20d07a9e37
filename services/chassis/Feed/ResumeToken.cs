using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace DirectorySync.Chassis.Feed;

/// <summary>
/// How far a consumer has come: everything visible in <paramref name="Seen"/>, and, inside the window that ends at
/// <paramref name="Upper"/>, what has an id up to <paramref name="LastId"/>.
/// </summary>
internal sealed record ResumeToken(Guid Epoch, FeedSnapshot Seen, FeedSnapshot? Upper = null, long LastId = 0)
{
    private const int EpochField = 1;
    private const int SeenField = 2;
    private const int UpperField = 3;
    private const int LastIdField = 4;

    public ByteString Encode()
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(EpochField, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(Epoch.ToByteArray()));
            output.WriteTag(SeenField, WireFormat.WireType.LengthDelimited);
            output.WriteString(Seen.ToString());
            if (Upper is not null)
            {
                output.WriteTag(UpperField, WireFormat.WireType.LengthDelimited);
                output.WriteString(Upper.ToString());
                output.WriteTag(LastIdField, WireFormat.WireType.Varint);
                output.WriteInt64(LastId);
            }
        }

        return ByteString.CopyFrom(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    /// <summary>False if the bytes are no token of any feed.</summary>
    public static bool TryDecode(ByteString bytes, [NotNullWhen(true)] out ResumeToken? token)
    {
        token = null;
        try
        {
            Guid? epoch = null;
            FeedSnapshot? seen = null;
            FeedSnapshot? upper = null;
            var lastId = 0L;
            var input = bytes.CreateCodedInput();
            for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
            {
                switch (WireFormat.GetTagFieldNumber(tag))
                {
                    case EpochField:
                        epoch = new Guid(input.ReadBytes().Span);
                        break;
                    case SeenField:
                        seen = FeedSnapshot.Parse(input.ReadString());
                        break;
                    case UpperField:
                        upper = FeedSnapshot.Parse(input.ReadString());
                        break;
                    case LastIdField:
                        lastId = input.ReadInt64();
                        break;
                    default:
                        input.SkipLastField();
                        break;
                }
            }

            token = epoch is { } known && seen is not null ? new(known, seen, upper, lastId) : null;
            return token is not null;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or FormatException or OverflowException or ArgumentException)
        {
            return false;
        }
    }
}

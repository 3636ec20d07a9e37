using System.Buffers;
using System.Text;
using System.Text.Json;
using DirectorySync.GroupMembership.V1;

namespace DirectorySync.Scim;

/// <summary>The value of "members" → batches of members: a list, one object, or bare ids.</summary>
internal static class MemberReader
{
    public static IEnumerable<List<Member>> Read(JsonCursor cursor, int batchSize)
    {
        if (cursor.Kind() != JsonTokenType.StartArray)
        {
            if (ReadSingle(cursor) is { } single)
            {
                yield return [single];
            }

            yield break;
        }

        cursor = Enter(cursor);
        for (var isFinished = false; !isFinished;)
        {
            var batch = new List<Member>();
            (cursor, isFinished) = ReadBatch(cursor, batch, batchSize);
            if (batch.Count > 0)
            {
                yield return batch;
            }
        }
    }

    private static JsonCursor Enter(JsonCursor cursor)
    {
        var reader = cursor.Reader();
        reader.Read();
        return cursor.At(ref reader);
    }

    private static Member? ReadSingle(JsonCursor cursor)
    {
        var reader = cursor.Reader();
        reader.Read();
        return ReadOne(ref reader);
    }

    private static (JsonCursor Next, bool IsFinished) ReadBatch(JsonCursor cursor, List<Member> batch, int size)
    {
        var reader = cursor.Reader();
        while (batch.Count < size)
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.EndArray)
            {
                return (cursor, true);
            }

            if (ReadOne(ref reader) is { } member)
            {
                batch.Add(member);
            }
        }

        return (cursor.At(ref reader), false);
    }

    private static Member? ReadOne(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.String:
                return Checked(new Member { Value = JsonCursor.Text(ref reader) });
            case JsonTokenType.StartObject:
                break;
            default:
                throw ScimException.InvalidValue("members", "A value of 'members' is not an object; send {\"value\": \"<id>\"}.");
        }

        var member = new Member();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref reader, "value"u8, "value"))
            {
                if (member.Value.Length > 0)
                {
                    throw ScimJson.SameName();
                }

                reader.Read();
                member.Value = Scalar(ref reader, "members.value");
            }
            else if (Is(ref reader, "display"u8, "display"))
            {
                reader.Read();
                member.Display = Scalar(ref reader, "members.display");
            }
            else if (Is(ref reader, "type"u8, "type"))
            {
                reader.Read();
                member.Type = Scalar(ref reader, "members.type") switch
                {
                    var type when type.Equals("User", StringComparison.OrdinalIgnoreCase) => MemberType.User,
                    var type when type.Equals("Group", StringComparison.OrdinalIgnoreCase) => MemberType.Group,
                    _ => MemberType.Unspecified,
                };
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return Checked(member);
    }

    private static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8, string name) => reader.ValueIsEscaped
        ? name.Equals(JsonCursor.Text(ref reader), StringComparison.OrdinalIgnoreCase)
        : reader.ValueTextEquals(utf8)
            || ((reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) == name.Length
                && name.Equals(JsonCursor.Text(ref reader), StringComparison.OrdinalIgnoreCase));

    private static string Scalar(ref Utf8JsonReader reader, string path) => reader.TokenType switch
    {
        JsonTokenType.Null => "",
        JsonTokenType.String => JsonCursor.Text(ref reader),
        JsonTokenType.Number => Encoding.UTF8.GetString(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan),
        _ => throw ScimException.InvalidValue(path, $"'{path}' is not text; send the id as text."),
    };

    private static Member Checked(Member member) => member.Value.Length > 0
        ? member
        : throw ScimException.InvalidValue("members.value", "A value of 'members' has no 'value'; send the member's id.");
}

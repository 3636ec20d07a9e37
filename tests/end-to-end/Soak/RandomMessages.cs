using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using DirectorySync.Kit;

namespace DirectorySync.EndToEnd.Tests.Soak;

/// <summary>Requests nobody thought of: messages of any type of the contracts, and JSON of any shape of the API's description.</summary>
internal sealed class RandomMessages(Random random, IReadOnlyList<string> ids)
{
    private const int Depth = 5;

    private static readonly string[] Strange =
    [
        "", " ", "\0", "a\0b", "'; drop table users; --", "${jndi:ldap://x}", "=cmd|' /C calc'!A0", "../../etc/passwd", "%00", "\r\nSet-Cookie: a=b",
        "userName eq \"", "((((((((((a pr))))))))))", "emails[type eq \"work\"].value", "{\"$ne\":null}", "\uFFFD", "\uD83D\uDE00", "ﷺ", "İ", "*", "null", "true",
        "-1", "9223372036854775808", "2026-13-45T99:99:99Z", "0001-01-01T00:00:00Z", "http://169.254.169.254/latest/meta-data", "https://[::1]:1/", "file:///etc/passwd",
    ];

    public IMessage Message(MessageDescriptor type, int depth = 0)
    {
        var message = type.Parser.ParseFrom([]);
        foreach (var field in type.Fields.InDeclarationOrder().Where(_ => random.Next(4) > 0))
        {
            if (field.IsMap)
            {
                continue;
            }

            if (!field.IsRepeated)
            {
                if (field.FieldType != FieldType.Message || depth < Depth)
                {
                    field.Accessor.SetValue(message, Value(field, depth));
                }

                continue;
            }

            var list = (System.Collections.IList)field.Accessor.GetValue(message);
            for (var i = random.Next(random.Next(20) == 0 ? 200 : 4); i > 0 && (field.FieldType != FieldType.Message || depth < Depth); i--)
            {
                list.Add(Value(field, depth));
            }
        }

        return message;
    }

    /// <summary>JSON of a shape of the description, more or less.</summary>
    public JsonNode? Json(JsonNode? schema, int depth = 0)
    {
        if (schema is null || random.Next(12) == 0 || depth > Depth)
        {
            return Scalar();
        }

        schema = ApiDescription.Resolve(schema);
        if (schema["oneOf"] is JsonArray choices)
        {
            return Json(choices[random.Next(choices.Count)], depth + 1);
        }

        if (schema["enum"] is JsonArray known && random.Next(4) > 0)
        {
            return known[random.Next(known.Count)]?.DeepClone();
        }

        if (schema["const"] is { } constant)
        {
            return constant.DeepClone();
        }

        var type = schema["type"] is JsonArray several ? (string)several[random.Next(several.Count)]! : (string?)schema["type"];
        return type switch
        {
            "object" => Object(schema, depth),
            "array" => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Json(schema["items"], depth + 1))]),
            "integer" => random.Next(3) == 0 ? random.NextInt64() : random.Next(-2, 200),
            "number" => random.NextDouble() * 1e9,
            "boolean" => random.Next(2) == 0,
            "null" => null,
            _ => Text(),
        };
    }

    public string Text() => random.Next(6) switch
    {
        0 or 1 => ids[random.Next(ids.Count)],
        2 => Strange[random.Next(Strange.Length)],
        3 => Guid.CreateVersion7().ToString(),
        4 when random.Next(8) == 0 => new string((char)random.Next('a', 'z'), random.Next(20_000)),
        4 => new string([.. Enumerable.Range(0, random.Next(12)).Select(_ => (char)random.Next(32, 0xD7FF))]),
        _ => string.Create(CultureInfo.InvariantCulture, $"name{random.Next(50)}"),
    };

    private JsonObject Object(JsonNode schema, int depth)
    {
        var json = new JsonObject();
        foreach (var (name, property) in schema["properties"]?.AsObject() ?? [])
        {
            if (random.Next(4) > 0)
            {
                json[name] = Json(property, depth + 1);
            }
        }

        if (random.Next(10) == 0)
        {
            json[Text()] = Scalar();
        }

        return json;
    }

    private JsonNode? Scalar() => random.Next(5) switch
    {
        0 => null,
        1 => random.NextInt64(),
        2 => random.Next(2) == 0,
        3 => new JsonArray(),
        _ => Text(),
    };

    private object Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Message => Message(field.MessageType, depth + 1),
        FieldType.String => Text(),
        FieldType.Bytes => ByteString.CopyFrom(random.Next(3) == 0 ? Encoding.UTF8.GetBytes(Text()) : Bytes()),
        FieldType.Bool => random.Next(2) == 0,
        FieldType.Enum => field.EnumType.Values[random.Next(field.EnumType.Values.Count)].Number is var number && random.Next(20) > 0 ? number : random.Next(),
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => random.Next(4) == 0 ? (random.Next(2) == 0 ? int.MinValue : int.MaxValue) : random.Next(-2, 300),
        FieldType.UInt32 or FieldType.Fixed32 => (uint)random.Next(),
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 =>
            random.Next(4) == 0 ? (random.Next(2) == 0 ? long.MinValue : long.MaxValue) : random.NextInt64(-2, 300),
        FieldType.UInt64 or FieldType.Fixed64 => (ulong)random.NextInt64(),
        FieldType.Double => random.Next(4) == 0 ? double.NaN : random.NextDouble() * 1e12,
        FieldType.Float => (float)random.NextDouble(),
        _ => throw new InvalidOperationException($"{field.FieldType} is not generated."),
    };

    private byte[] Bytes()
    {
        var bytes = new byte[random.Next(64)];
        random.NextBytes(bytes);
        return bytes;
    }
}

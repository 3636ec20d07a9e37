using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Chassis.Audit;

/// <summary>A message as the audit log keeps it: without what is secret.</summary>
internal static class AuditImage
{
    private static readonly string[] Secret = ["secret", "password", "private_key"];

    public static Any? Of(IMessage? message)
    {
        if (message is null)
        {
            return null;
        }

        // By way of the bytes: a clone of any message.
        var copy = message.Descriptor.Parser.ParseFrom(message.ToByteArray());
        Clear(copy);
        return Any.Pack(copy);
    }

    /// <summary>Times and ids of a secret are none.</summary>
    public static bool IsSecret(FieldDescriptor field) => field.FieldType is FieldType.String or FieldType.Bytes
        && Secret.Any(word => field.Name == word || field.Name.EndsWith($"_{word}", StringComparison.Ordinal)
            || field.Name.StartsWith($"{word}_hash", StringComparison.Ordinal));

    private static void Clear(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (IsSecret(field))
            {
                field.Accessor.Clear(message);
            }
            else if (field.FieldType == FieldType.Message && !field.IsMap)
            {
                foreach (var part in field.IsRepeated ? ((System.Collections.IEnumerable)field.Accessor.GetValue(message)).Cast<IMessage>()
                    : field.Accessor.GetValue(message) is IMessage only ? [only] : [])
                {
                    Clear(part);
                }
            }
        }
    }
}

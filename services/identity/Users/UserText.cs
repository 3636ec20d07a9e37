using System.Collections;
using DirectorySync.Scim.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace DirectorySync.Identity.Users;

/// <summary>Refuses text that PostgreSQL cannot hold, wherever in a user it is.</summary>
internal static class UserText
{
    private const char Nul = '\0';

    public static void Check(User user) => Check(user, "");

    private static void Check(IMessage message, string path)
    {
        if (message is RawAttribute raw)
        {
            CheckText(raw.Name, path);
            CheckText(raw.Schema, path);
            CheckJson(raw);
            return;
        }

        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var value = field.FieldType is FieldType.String or FieldType.Message ? field.Accessor.GetValue(message) : null;
            var name = path.Length == 0 ? field.JsonName : $"{path}.{field.JsonName}";
            switch (value)
            {
                case string text:
                    CheckText(text, name);
                    break;
                case IMessage inner:
                    Check(inner, name);
                    break;
                case IList list:
                    foreach (var element in list)
                    {
                        if (element is string item)
                        {
                            CheckText(item, name);
                        }
                        else
                        {
                            Check((IMessage)element, name);
                        }
                    }

                    break;
            }
        }
    }

    private static void CheckText(string text, string attribute)
    {
        if (text.Contains(Nul))
        {
            throw NulIn(attribute);
        }
    }

    private static void CheckJson(RawAttribute raw)
    {
        if (!StorableJson.Is(raw.Json))
        {
            throw Inputs.Invalid(raw.Name, "", "The value is not JSON that can be kept.",
                "Send well-formed JSON without lone surrogates and without the character U+0000.");
        }
    }

    private static RpcException NulIn(string attribute) =>
        Inputs.Invalid(attribute, "", "The value contains the character U+0000.", "Remove it.");
}

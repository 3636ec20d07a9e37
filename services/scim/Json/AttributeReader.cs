using System.Collections;
using System.Text.Json;
using DirectorySync.Identity.V1;
using DirectorySync.Scim.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace DirectorySync.Scim;

/// <summary>
/// JSON value → the field of a declared attribute: lenient where nothing is lost (a number for text, "True" for true, one value
/// for a list), an error where something would be.
/// </summary>
internal static class AttributeReader
{
    /// <summary>Sets the attribute in the message, or clears it if the value is unassigned. Throws invalidValue.</summary>
    public static void Read(IMessage message, AttributeDefinition attribute, JsonElement value, string path)
    {
        var field = attribute.Field ?? throw new InvalidOperationException($"'{path}' is kept in no field.");
        field.Accessor.Clear(message);
        if (ScimJson.IsUnassigned(value))
        {
            return;
        }

        if (attribute.MultiValued)
        {
            ReadElements((IList)field.Accessor.GetValue(message), attribute, value, path);
        }
        else if (attribute.Type == AttributeType.Complex)
        {
            if (ReadComplex(attribute, value, path) is { } complex)
            {
                field.Accessor.SetValue(message, complex);
            }
        }
        else
        {
            ReadSimple(message, attribute, value, path);
        }
    }

    /// <summary>
    /// One value of a multi-valued attribute; null if it says nothing. Labels alone say nothing, unless they are to change a value
    /// that exists.
    /// </summary>
    public static IMessage? ReadElement(AttributeDefinition attribute, JsonElement value, string path, bool keepLabels = false)
    {
        if (ScimJson.IsUnassigned(value))
        {
            return null;
        }

        var element = New(attribute.Field!.MessageType);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                ReadSubAttributes(element, attribute, value, path);
                return (keepLabels ? element.CalculateSize() == 0 : IsEmpty(element)) ? null : element;
            case JsonValueKind.String or JsonValueKind.Number when element is MultiValue bare:
                bare.Value = Scalar(value, path);
                bare.Bare = attribute.KeepsShape;
                return bare;
            default:
                throw ScimException.InvalidValue(
                    path, $"A value of '{path}' is {ScimJson.KindOf(value)}; send an object such as {{\"{Example(attribute)}\": \"…\"}}.");
        }
    }

    /// <summary>True if nothing is set but labels (type, primary): a label of nothing is unassigned.</summary>
    public static bool IsEmpty(IMessage element) => element switch
    {
        MultiValue value => value is { Value: "", Display: "", Ref: "", RawAttributes.Count: 0 },
        Address address => address is
        {
            Formatted: "", StreetAddress: "", Locality: "", Region: "", PostalCode: "", Country: "", RawAttributes.Count: 0,
        },
        _ => element.CalculateSize() == 0,
    };

    public static IMessage New(MessageDescriptor type) =>
        type == MultiValue.Descriptor ? new MultiValue()
        : type == Address.Descriptor ? new Address()
        : type == Name.Descriptor ? new Name()
        : type == Manager.Descriptor ? new Manager()
        : throw new InvalidOperationException($"{type.Name} is not the message of a complex attribute.");

    private static void ReadElements(IList elements, AttributeDefinition attribute, JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            if (value.GetArrayLength() > BodyLimits.Values)
            {
                throw BodyLimits.TooManyValues(path);
            }

            foreach (var item in value.EnumerateArray())
            {
                if (ReadElement(attribute, item, path) is { } element)
                {
                    elements.Add(element);
                }
            }
        }
        else if (ReadElement(attribute, value, path) is { } single)
        {
            elements.Add(single);
            if (attribute.KeepsShape)
            {
                ((MultiValue)single).Single = true;
            }
        }

        if (elements.Cast<IMessage>().Count(IsPrimary) > 1)
        {
            throw ScimException.InvalidValue(path, $"More than one value of '{path}' is primary; mark one.");
        }
    }

    internal static bool IsPrimary(IMessage element) => element switch
    {
        MultiValue value => value.Primary,
        Address address => address.Primary,
        _ => false,
    };

    private static IMessage? ReadComplex(AttributeDefinition attribute, JsonElement value, string path)
    {
        value = ScimJson.Single(value);
        if (ScimJson.IsUnassigned(value))
        {
            return null;
        }

        var complex = New(attribute.Field!.MessageType);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                ReadSubAttributes(complex, attribute, value, path);
                return complex.CalculateSize() == 0 ? null : complex;
            case JsonValueKind.String or JsonValueKind.Number when complex is Manager manager:
                manager.Value = Scalar(value, path);
                manager.Bare = true;
                return manager;
            default:
                throw ScimException.InvalidValue(path, $"'{path}' is {ScimJson.KindOf(value)}; send an object such as "
                    + $"{{\"{Example(attribute)}\": \"…\"}}.");
        }
    }

    private static void ReadSubAttributes(IMessage complex, AttributeDefinition attribute, JsonElement value, string path)
    {
        foreach (var property in value.EnumerateObject())
        {
            var name = ScimJson.Name(property);
            if (attribute.FindSubAttribute(name) is { } sub)
            {
                Read(complex, sub, property.Value, $"{path}.{sub.Name}");
            }
            else
            {
                RawAttributes.Set(RawAttributes.Of(complex)!, "", name, property.Value);
            }
        }
    }

    private static void ReadSimple(IMessage message, AttributeDefinition attribute, JsonElement value, string path)
    {
        object simple = attribute.Type == AttributeType.Boolean
            ? value.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                JsonValueKind.String when bool.TryParse(ScimJson.Text(value, path), out var flag) => flag,
                _ => throw ScimException.InvalidValue(path, $"'{path}' is {ScimJson.KindOf(value)}; send true or false."),
            }
            : Scalar(value, path);
        attribute.Field!.Accessor.SetValue(message, simple);
    }

    private static string Scalar(JsonElement value, string path) => value.ValueKind switch
    {
        JsonValueKind.String => ScimJson.Text(value, path),
        JsonValueKind.Number => value.GetRawText(),
        _ => throw ScimException.InvalidValue(path, $"'{path}' is {ScimJson.KindOf(value)}; send text."),
    };

    private static string Example(AttributeDefinition attribute) =>
        (attribute.FindSubAttribute("value") ?? attribute.SubAttributes[0]).Name;
}

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DirectorySync.GroupMembership.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Scim.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace DirectorySync.Scim;

/// <summary>
/// The jsonb column "doc" of a resource: its attributes in the form in which filters compare them. Names are in lower case, strings too
/// unless the attribute is caseExact, dateTimes in UTC at fixed width, extensions as objects under their URN; multi-valued attributes are
/// lists of objects. id, meta and members are columns and rows of their own.
/// </summary>
public static class SearchForm
{
    /// <summary>JSON text for a user.</summary>
    public static string Of(User user, ResourceType? type = null)
    {
        using var form = new Writer(type ?? ResourceType.User);
        form.Start(user, user.RawAttributes, user.NamedSchemas, user.Enterprise is not null);
        return form.End(user.RawAttributes, user.Enterprise);
    }

    /// <summary>JSON text for a group.</summary>
    public static string Of(Group group, ResourceType? type = null)
    {
        using var form = new Writer(type ?? ResourceType.Group);
        form.Start(group, group.RawAttributes, group.NamedSchemas, hasEnterprise: false);
        return form.End(group.RawAttributes, null);
    }

    /// <summary>The form of a key column: lower case (invariant), for a column that serves an attribute that is not caseExact.</summary>
    public static string Key(string value) => value.ToLowerInvariant();

    private sealed class Writer : IDisposable
    {
        private readonly ResourceType type;
        private readonly ArrayBufferWriter<byte> buffer = new(512);
        private readonly Utf8JsonWriter json;

        public Writer(ResourceType type)
        {
            this.type = type;
            json = new Utf8JsonWriter(buffer, ScimJson.WriterOptions);
        }

        public void Dispose() => json.Dispose();

        public void Start(IMessage resource, RepeatedField<RawAttribute> raw, RepeatedField<string> named, bool hasEnterprise)
        {
            json.WriteStartObject();
            WriteSchemas(raw, named, hasEnterprise);
            foreach (var attribute in type.Common.Concat(type.Core.Attributes))
            {
                if (attribute is { Field: not null, Name: not "id" })
                {
                    Declared(resource, attribute);
                }
            }

            foreach (var attribute in raw)
            {
                if (Is(attribute.Schema, type.Core.Urn))
                {
                    Undeclared(attribute);
                }
            }
        }

        public string End(RepeatedField<RawAttribute> raw, EnterpriseUser? enterprise)
        {
            if (enterprise is not null || raw.Any(r => Is(r.Schema, SchemaUrns.EnterpriseUser)))
            {
                json.WriteStartObject(Key(SchemaUrns.EnterpriseUser));
                foreach (var attribute in enterprise is null ? [] : type.FindSchema(SchemaUrns.EnterpriseUser)?.Attributes ?? [])
                {
                    Declared(enterprise!, attribute);
                }

                Extension(raw, SchemaUrns.EnterpriseUser);
                json.WriteEndObject();
            }

            foreach (var urn in raw.Select(r => Key(r.Schema)).Distinct())
            {
                if (!Is(urn, type.Core.Urn) && !Is(urn, SchemaUrns.EnterpriseUser))
                {
                    json.WriteStartObject(urn);
                    Extension(raw, urn);
                    json.WriteEndObject();
                }
            }

            json.WriteEndObject();
            json.Flush();
            return Encoding.UTF8.GetString(buffer.WrittenSpan);
        }

        private void WriteSchemas(RepeatedField<RawAttribute> raw, RepeatedField<string> named, bool hasEnterprise)
        {
            json.WriteStartArray("schemas");
            var urns = raw.Select(r => Key(r.Schema)).Concat(named.Select(Key)).Prepend(Key(type.Core.Urn));
            foreach (var urn in (hasEnterprise ? urns.Append(Key(SchemaUrns.EnterpriseUser)) : urns).Distinct())
            {
                json.WriteStringValue(urn);
            }

            json.WriteEndArray();
        }

        private void Extension(RepeatedField<RawAttribute> raw, string urn)
        {
            foreach (var attribute in raw)
            {
                if (Is(attribute.Schema, urn))
                {
                    Undeclared(attribute);
                }
            }
        }

        private void Declared(IMessage message, AttributeDefinition attribute)
        {
            var field = attribute.Field!;
            if (attribute.MultiValued)
            {
                var values = (System.Collections.IList)field.Accessor.GetValue(message);
                if (values.Count > 0)
                {
                    json.WriteStartArray(Key(attribute.Name));
                    foreach (IMessage value in values)
                    {
                        Complex(value, attribute);
                    }

                    json.WriteEndArray();
                }
            }
            else if (attribute.Type == AttributeType.Complex)
            {
                if (field.Accessor.GetValue(message) is IMessage complex)
                {
                    json.WritePropertyName(Key(attribute.Name));
                    Complex(complex, attribute);
                }
            }
            else if (attribute.Type == AttributeType.Boolean)
            {
                if (field.Accessor.HasValue(message))
                {
                    json.WriteBoolean(Key(attribute.Name), (bool)field.Accessor.GetValue(message));
                }
            }
            else
            {
                Text(attribute, (string)field.Accessor.GetValue(message));
            }
        }

        private void Complex(IMessage complex, AttributeDefinition attribute)
        {
            json.WriteStartObject();
            foreach (var sub in attribute.SubAttributes)
            {
                if (complex is Name name && sub.Name == "formatted")
                {
                    Text(sub, FormattedName.Of(name));
                }
                else
                {
                    Declared(complex, sub);
                }
            }

            foreach (var raw in RawAttributes.Of(complex)!)
            {
                Undeclared(raw);
            }

            json.WriteEndObject();
        }

        private void Text(AttributeDefinition attribute, string value)
        {
            if (value.Length > 0)
            {
                json.WriteString(Key(attribute.Name), attribute.CaseExact ? value : Key(value));
            }
        }

        private void Undeclared(RawAttribute attribute)
        {
            using var document = JsonDocument.Parse(attribute.Json);
            var definition = type.Find(attribute.Schema, attribute.Name);
            json.WritePropertyName(Key(attribute.Name));
            Any(document.RootElement, definition);
        }

        /// <summary>A value as sent, in search form; a declared custom attribute says how its text compares.</summary>
        private void Any(JsonElement value, AttributeDefinition? definition)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    json.WriteStartObject();
                    foreach (var property in value.EnumerateObject())
                    {
                        json.WritePropertyName(Key(property.Name));
                        Any(property.Value, definition?.FindSubAttribute(property.Name));
                    }

                    json.WriteEndObject();
                    break;
                case JsonValueKind.Array:
                    json.WriteStartArray();
                    foreach (var element in value.EnumerateArray())
                    {
                        Any(element, definition);
                    }

                    json.WriteEndArray();
                    break;
                case JsonValueKind.String:
                    var text = value.GetString()!;
                    json.WriteStringValue(
                        definition is { Type: AttributeType.DateTime } && DateTimes.TryParse(text, out var time) ? DateTimes.Key(time)
                        : definition is { CaseExact: true } ? text : Key(text));
                    break;
                case JsonValueKind.Number when decimal.TryParse(
                    value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number):
                    json.WriteNumberValue(number);
                    break;
                case JsonValueKind.Number:
                    // Beyond what PostgreSQL would take as a number: found as text.
                    json.WriteStringValue(value.GetRawText());
                    break;
                default:
                    value.WriteTo(json);
                    break;
            }
        }

        private static bool Is(string schema, string other) => schema.Equals(other, StringComparison.OrdinalIgnoreCase);
    }
}

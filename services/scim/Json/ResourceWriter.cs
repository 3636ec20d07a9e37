using System.Globalization;
using System.Text.Json;
using DirectorySync.Identity.V1;
using Google.Protobuf;
using Google.Protobuf.Collections;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Scim;

/// <summary>Writes what resources share, straight to the output: unassigned and not wanted attributes are left out.</summary>
internal readonly struct ResourceWriter(Utf8JsonWriter json, ResourceType type, Projection? projection)
{
    public Utf8JsonWriter Json => json;

    public bool Wants(string attribute) => projection?.Includes(type.Core.Urn, attribute) ?? true;

    public bool Wants(string attribute, string sub) => projection?.Includes(type.Core.Urn, attribute, sub) ?? true;

    public bool WantsOf(string schema, string attribute) => projection?.Includes(schema, attribute) ?? true;

    public bool WantsOf(string schema, string attribute, string sub) => projection?.Includes(schema, attribute, sub) ?? true;

    /// <summary>False if the projection leaves nothing of a complex value: then it is not written, not even empty.</summary>
    public bool WantsAnyOf(string schema, string attribute, IMessage complex)
    {
        if (projection is null)
        {
            return true;
        }

        var subAttributes = SubAttributes.SetIn(complex, type.Find(schema, attribute)!);
        foreach (var sub in complex is Name { Formatted: "" } name && FormattedName.Of(name).Length > 0
            ? subAttributes.Append("formatted") : subAttributes)
        {
            if (WantsOf(schema, attribute, sub))
            {
                return true;
            }
        }

        return false;
    }

    public void Text(string name, string value)
    {
        if (value.Length > 0 && Wants(name))
        {
            json.WriteString(name, value);
        }
    }

    public void Schemas(bool enterprise, RepeatedField<RawAttribute> raw, RepeatedField<string> named)
    {
        json.WriteStartArray("schemas");
        json.WriteStringValue(type.Core.Urn);
        if (enterprise)
        {
            json.WriteStringValue(SchemaUrns.EnterpriseUser);
        }

        for (var i = 0; i < raw.Count; i++)
        {
            if (IsFirstOfExtension(raw, i) && !(enterprise && Is(raw[i].Schema, SchemaUrns.EnterpriseUser)))
            {
                json.WriteStringValue(raw[i].Schema);
            }
        }

        foreach (var urn in named)
        {
            if (!(enterprise && Is(urn, SchemaUrns.EnterpriseUser)) && !raw.Any(attribute => Is(attribute.Schema, urn)))
            {
                json.WriteStringValue(urn);
            }
        }

        json.WriteEndArray();
    }

    /// <summary>Undeclared attributes of the core schema.</summary>
    public void CoreRaw(RepeatedField<RawAttribute> raw)
    {
        foreach (var attribute in raw)
        {
            if (Is(attribute.Schema, type.Core.Urn) && WantsOf(attribute.Schema, attribute.Name))
            {
                Raw(attribute);
            }
        }
    }

    /// <summary>Extensions that consist of undeclared attributes only; the enterprise extension is the caller's.</summary>
    public void Extensions(RepeatedField<RawAttribute> raw)
    {
        for (var i = 0; i < raw.Count; i++)
        {
            if (IsFirstOfExtension(raw, i) && !Is(raw[i].Schema, SchemaUrns.EnterpriseUser))
            {
                var isOpen = false;
                ExtensionRaw(raw, raw[i].Schema, ref isOpen);
                if (isOpen)
                {
                    json.WriteEndObject();
                }
            }
        }
    }

    /// <summary>Undeclared attributes of one extension; opens its object if one is to be written.</summary>
    public void ExtensionRaw(RepeatedField<RawAttribute> raw, string schema, ref bool isOpen)
    {
        foreach (var attribute in raw)
        {
            if (Is(attribute.Schema, schema) && WantsOf(attribute.Schema, attribute.Name))
            {
                Open(schema, ref isOpen);
                Raw(attribute);
            }
        }
    }

    /// <summary>Opens the object before its first property: no empty object is written.</summary>
    public void Open(string name, ref bool isOpen)
    {
        if (!isOpen)
        {
            json.WriteStartObject(name);
            isOpen = true;
        }
    }

    public void Raw(RawAttribute attribute)
    {
        json.WritePropertyName(attribute.Name);
        json.WriteRawValue(attribute.Json, skipInputValidation: true);
    }

    public void Meta(string location, long version, Timestamp? created, Timestamp? lastModified)
    {
        if (!Wants("meta"))
        {
            return;
        }

        var isOpen = false;
        if (Wants("meta", "resourceType"))
        {
            Open("meta", ref isOpen);
            json.WriteString("resourceType", type.Name);
        }

        if (created is not null && Wants("meta", "created"))
        {
            Open("meta", ref isOpen);
            Time("created", created);
        }

        if (lastModified is not null && Wants("meta", "lastModified"))
        {
            Open("meta", ref isOpen);
            Time("lastModified", lastModified);
        }

        if (Wants("meta", "location"))
        {
            Open("meta", ref isOpen);
            json.WriteString("location", location);
        }

        if (Wants("meta", "version"))
        {
            Open("meta", ref isOpen);
            json.WriteString("version", ETag.Of(version));
        }

        if (isOpen)
        {
            json.WriteEndObject();
        }
    }

    private void Time(string name, Timestamp time)
    {
        Span<char> text = stackalloc char[32];
        time.ToDateTime().TryFormat(text, out var length, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        json.WriteString(name, text[..length]);
    }

    private bool IsFirstOfExtension(RepeatedField<RawAttribute> raw, int index)
    {
        if (Is(raw[index].Schema, type.Core.Urn))
        {
            return false;
        }

        for (var i = 0; i < index; i++)
        {
            if (Is(raw[i].Schema, raw[index].Schema))
            {
                return false;
            }
        }

        return true;
    }

    private static bool Is(string schema, string other) => schema.Equals(other, StringComparison.OrdinalIgnoreCase);
}
